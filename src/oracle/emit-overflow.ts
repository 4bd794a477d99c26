import { argCell, argInfo, broken, resultCell, type Emit } from './program.ts';
import { trap } from './stop.ts';

type Exact = (x: bigint, y: bigint, carry: bigint) => bigint;

const add: Exact = (x, y, carry) => x + y + carry;
const subtract: Exact = (x, y, borrow) => x - (y + borrow);
const multiply: Exact = (x, y) => x * y;

/** Wrapped result and a flag that says whether the exact result was out of range. */
function overflowing(exact: Exact, signed: boolean, takesCarry: boolean): Emit {
  return (scope, inst) => {
    const { bits } = argInfo(scope, inst, 0);
    const a = argCell(scope, inst, 0);
    const b = argCell(scope, inst, 1);
    const c = takesCarry ? argCell(scope, inst, 2) : { v: 0n };
    const value = resultCell(scope, inst, 0);
    const flag = resultCell(scope, inst, 1);
    return () => {
      const carry = c.v === 0n ? 0n : 1n;
      if (signed) {
        const r = exact(BigInt.asIntN(bits, a.v), BigInt.asIntN(bits, b.v), carry);
        value.v = BigInt.asUintN(bits, r);
        flag.v = BigInt.asIntN(bits, r) === r ? 0n : 1n;
      } else {
        const r = exact(a.v, b.v, carry);
        value.v = BigInt.asUintN(bits, r);
        flag.v = BigInt.asUintN(bits, r) === r ? 0n : 1n;
      }
    };
  };
}

const emitAddTrap: Emit = (scope, inst) => {
  if (inst.kind !== 'trap') return broken(scope, inst, 'no trap code');
  const { code } = inst;
  const { bits } = argInfo(scope, inst, 0);
  const a = argCell(scope, inst, 0);
  const b = argCell(scope, inst, 1);
  const d = resultCell(scope, inst);
  return () => {
    const sum = a.v + b.v;
    if (BigInt.asUintN(bits, sum) !== sum) trap(code);
    d.v = sum;
  };
};

export const OVERFLOW_EMITS: ReadonlyMap<string, Emit> = new Map<string, Emit>([
  ['uadd_overflow', overflowing(add, false, false)],
  ['sadd_overflow', overflowing(add, true, false)],
  ['usub_overflow', overflowing(subtract, false, false)],
  ['ssub_overflow', overflowing(subtract, true, false)],
  ['umul_overflow', overflowing(multiply, false, false)],
  ['smul_overflow', overflowing(multiply, true, false)],
  ['uadd_overflow_cin', overflowing(add, false, true)],
  ['sadd_overflow_cin', overflowing(add, true, true)],
  ['usub_overflow_bin', overflowing(subtract, false, true)],
  ['ssub_overflow_bin', overflowing(subtract, true, true)],
  ['uadd_overflow_trap', emitAddTrap],
]);

import type { Case } from '../../clif/case.ts';
import type { Pass } from '../pass.ts';
import { chunks } from '../pass.ts';

export const dropInputs: Pass = {
  name: 'drop inputs',
  *candidates(kase) {
    const { inputs } = kase;
    if (inputs.length < 2) return;
    for (const kept of inputs) yield () => ({ ...kase, inputs: [kept] });
    for (const dropped of inputs)
      yield () => ({ ...kase, inputs: inputs.filter((input) => input !== dropped) });
  },
};

function withInputs(
  kase: Case,
  row: number,
  positions: ReadonlySet<number>,
  value: (bits: bigint) => bigint,
): Case {
  const inputs = kase.inputs.map((input, index) =>
    index === row ? input.map((bits, position) => (positions.has(position) ? value(bits) : bits)) : input,
  );
  return { ...kase, inputs };
}

const PLAINER: readonly ((bits: bigint) => bigint)[] = [
  () => 0n,
  () => 1n,
  (bits) => bits & 0xffn,
  (bits) => bits & 0xffffn,
  (bits) => bits & 0xffff_ffffn,
  (bits) => bits & 0xffff_ffff_ffff_ffffn,
];

/** Input values to 0, to 1, to their low bytes. */
export const plainerInputs: Pass = {
  name: 'plainer inputs',
  *candidates(kase) {
    for (const [row, input] of kase.inputs.entries()) {
      for (const plainer of PLAINER) {
        const positions = input.flatMap((bits, index) => (plainer(bits) < bits ? [index] : []));
        for (const [start, end] of chunks(positions.length)) {
          yield () => withInputs(kase, row, new Set(positions.slice(start, end)), plainer);
        }
      }
    }
  },
};

import { functionNameText, NO_TABLES, type Function, type Module } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import type { Type } from '../clif/type.ts';

/** The opcode that does what a routine does, by the routine's name without its type (cranelift-codegen `ir/libcall.rs`). */
const OPCODES: ReadonlyMap<string, { readonly op: string; readonly arity: number }> = new Map([
  ['Ceil', { op: 'ceil', arity: 1 }],
  ['Floor', { op: 'floor', arity: 1 }],
  ['Trunc', { op: 'trunc', arity: 1 }],
  ['Nearest', { op: 'nearest', arity: 1 }],
  ['Fma', { op: 'fma', arity: 3 }],
]);

/** The routine as a function of one instruction, or null where it is none of these or is declared as something else. */
function definition(name: string, signature: Signature): Function | null {
  const match = /^(\w+)F(32|64)$/.exec(name);
  const opcode = OPCODES.get(match?.[1] ?? '');
  if (opcode === undefined) return null;
  const type: Type = match?.[2] === '32' ? 'f32' : 'f64';
  const { params, returns } = signature;
  const isDeclared =
    params.length === opcode.arity && returns.length === 1 && [...params, ...returns].every((p) => p.type === type);
  if (!isDeclared) return null;
  const args = params.map((_, i) => i);
  const result = args.length;
  return {
    name: { kind: 'test', name },
    signature,
    ...NO_TABLES,
    blocks: [
      {
        id: 0,
        params: args.map((value) => ({ value, type })),
        insts: [
          { kind: 'plain', op: opcode.op, type, results: [result], args },
          { kind: 'plain', op: 'return', type: null, results: [], args: [result] },
        ],
        cold: false,
      },
    ],
    valueTypes: [...args, result].map(() => type),
  };
}

/**
 * The module with the arithmetic runtime routines that it names (`%CeilF32`, `%FmaF64`) defined in it, each as the instruction
 * it stands for, so that nobody has to provide them. Those of memory and thread-local storage stay undefined.
 */
export function withLibcalls(module: Module): Module {
  const known = new Set(module.functions.map((fn) => functionNameText(fn.name)));
  const added: Function[] = [];
  for (const fn of module.functions) {
    for (const { name, sig } of fn.funcRefs.values()) {
      const signature = fn.sigRefs.get(sig);
      if (name.kind !== 'libcall' || signature === undefined || known.has(functionNameText(name))) continue;
      const routine = definition(name.name, signature);
      if (routine === null) continue;
      known.add(functionNameText(name));
      added.push(routine);
    }
  }
  return added.length === 0 ? module : { functions: [...module.functions, ...added] };
}

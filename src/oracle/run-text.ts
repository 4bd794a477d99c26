import type { Outcome } from '../clif/outcome.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { DEFAULT_SPACE, type AddressSpace } from './address-space.ts';
import { interpret, type InterpretOptions } from './interpret.ts';
import { prepare } from './prepare.ts';
import type { Program } from './program.ts';

/** For tests: CLIF text in, a program out. */
export function prepareText(text: string, space: AddressSpace = DEFAULT_SPACE): Program {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(`${clifErrorText(parsed)}\n${text}`);
  return prepare(parsed.file.module, space);
}

/** For tests: runs `%main` of some CLIF text. */
export function runText(text: string, inputs: readonly bigint[], options: InterpretOptions = {}): Outcome {
  return interpret(prepareText(text), { kind: 'test', name: 'main' }, inputs, options);
}

/** For tests: a function of one instruction, `v100 = <instruction>`, on operands v0, v1, … of the given types. */
export function instruction(
  text: string,
  params: readonly Type[],
  returns: readonly Type[],
): (...inputs: readonly bigint[]) => Outcome {
  const program = prepareText(`test run
function %main(${params.join(', ')}) -> ${returns.join(', ')} {
block0(${params.map((type, i) => `v${i}: ${type}`).join(', ')}):
    ${returns.map((_, i) => `v${100 + i}`).join(', ')} = ${text}
    return ${returns.map((_, i) => `v${100 + i}`).join(', ')}
}
`);
  return (...inputs) => interpret(program, { kind: 'test', name: 'main' }, inputs);
}

/** Results of an outcome that must be a return. */
export function resultsOf(outcome: Outcome): readonly bigint[] {
  if (outcome.kind !== 'returned') throw new Error(`not a return: ${JSON.stringify(outcome)}`);
  return outcome.results;
}

/** The only result of an outcome that must be a return. */
export function resultOf(outcome: Outcome): bigint {
  const [result] = resultsOf(outcome);
  if (result === undefined) throw new Error('no result');
  return result;
}

/** Lanes of `vector`, lane 0 first. */
export function lanesOf(vector: bigint, type: Type): bigint[] {
  const { laneBits, lanes } = typeInfo(type);
  return Array.from({ length: lanes }, (_, i) => BigInt.asUintN(laneBits, vector >> BigInt(i * laneBits)));
}

/** Counterpart of `lanesOf`. */
export function vectorOfLanes(lanes: readonly bigint[], type: Type): bigint {
  const { laneBits } = typeInfo(type);
  return lanes.reduce((sum, lane, i) => sum | (lane << BigInt(i * laneBits)), 0n);
}

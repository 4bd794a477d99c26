import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import type { Module } from '../clif/module.ts';
import type { Finding } from '../compare/verdict.ts';
import { encodingFault } from './encodings.ts';
import { reachFault } from './reach.ts';

/** What is wrong with code, though no run here would show it. */
export type CodeFault = Pick<Finding, 'place' | 'detail'>;

/** What is wrong with the code that configuration `index` made of `module`, as it lies there. */
export function codeFindings(
  module: Module,
  configuration: Configuration,
  compiled: readonly CompiledFunction[],
  index: number,
): readonly Finding[] {
  const faults = [reachFault(module, configuration, compiled), encodingFault(configuration, compiled)];
  return faults
    .filter((fault) => fault !== null)
    .map((fault) => ({
      kind: 'abi-violation',
      ...fault,
      configuration: index,
      input: null,
      expected: null,
      observed: null,
    }));
}

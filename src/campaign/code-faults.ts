import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import type { Module } from '../clif/module.ts';
import type { Finding } from '../compare/verdict.ts';
import { alignmentFault } from './alignment.ts';
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
  const faults = [reachFault(module, configuration, compiled), alignmentFault(configuration, compiled)];
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

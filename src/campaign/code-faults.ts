import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import type { Module } from '../clif/module.ts';
import type { Finding } from '../compare/verdict.ts';
import { encodingFault } from './encodings.ts';
import { handlerAddressFault } from './handler-addresses.ts';
import { reachFault } from './reach.ts';
import { unwindFault } from './unwind-fault.ts';

/** What is wrong with code, though no run here would show it. */
export type CodeFault = Pick<Finding, 'place' | 'detail'>;

/** What is wrong with the code that configuration `index` made of `module`, as it lies there, and with its unwinding information where `wasUnwindAsked`. */
export function codeFindings(
  module: Module,
  configuration: Configuration,
  compiled: readonly CompiledFunction[],
  index: number,
  wasUnwindAsked: boolean,
): readonly Finding[] {
  const faults = [
    reachFault(module, configuration, compiled),
    encodingFault(configuration, compiled),
    handlerAddressFault(module, compiled),
    wasUnwindAsked ? unwindFault(configuration, compiled) : null,
  ];
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

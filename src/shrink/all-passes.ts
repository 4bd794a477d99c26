import type { Pass } from './pass.ts';
import { stubBodies } from './passes/bodies.ts';
import { decideBranches, dropBlockParams, mergeStraightLines, skipBlocks } from './passes/branches.ts';
import { bypassCalls, directCalls, dropCalls, plainReturns, plainTries } from './passes/calls.ts';
import { dropConfigurations, plainerConfigurations } from './passes/configurations.ts';
import { directAddresses, fewerHandlers } from './passes/exceptions.ts';
import { plainerConventions, plainerRefs } from './passes/conventions.ts';
import { otherEntries } from './passes/entries.ts';
import { dropInputs, plainerInputs } from './passes/inputs.ts';
import { dropDeadCode, dropInstructions, plainerConstants, reuseValues } from './passes/instructions.ts';
import { floodRegisters, spanCalls } from './passes/registers.ts';
import { dropParams, dropResults, plainerTypes, plainParams } from './passes/signatures.ts';
import { plainerSlots } from './passes/slots.ts';

/** The passes in the order they run: what takes most away with one attempt first. */
export const ALL_PASSES: readonly Pass[] = [
  dropConfigurations,
  dropInputs,
  stubBodies,
  spanCalls,
  floodRegisters,
  otherEntries,
  dropCalls,
  bypassCalls,
  decideBranches,
  mergeStraightLines,
  dropInstructions,
  dropDeadCode,
  dropResults,
  dropParams,
  plainReturns,
  plainTries,
  fewerHandlers,
  directCalls,
  directAddresses,
  plainerConventions,
  plainParams,
  plainerTypes,
  skipBlocks,
  dropBlockParams,
  reuseValues,
  plainerRefs,
  plainerSlots,
  plainerConfigurations,
  plainerConstants,
  plainerInputs,
];

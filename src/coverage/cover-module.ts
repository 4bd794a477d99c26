import type { SignatureLayout } from '../abi/layout.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { liveAcross } from '../clif/liveness.ts';
import { functionNameText, isCall, signatureOfCall, type Function, type Module } from '../clif/module.ts';
import type { Signature } from '../clif/signature.ts';
import { CALL_GROUP, loopBlocks, sampleCall, spotOf, type CallFacts } from './call-group.ts';
import { markSample, type CoverageSet } from './coverage-set.ts';
import { FRAME_GROUP, frameFacts, sampleFrame, type FrameFacts } from './frame-group.ts';
import { sampleValues, VALUE_GROUP } from './value-group.ts';

type LayoutOf = (signature: Signature) => SignatureLayout;

function callsOf(fn: Function, layoutOf: LayoutOf): readonly CallFacts[] {
  if (!fn.blocks.some((block) => block.insts.some(isCall))) return [];
  const live = liveAcross(fn, isCall);
  const loops = loopBlocks(fn);
  const own = layoutOf(fn.signature);
  return fn.blocks.flatMap((block) =>
    block.insts.flatMap((inst): readonly CallFacts[] => {
      const signature = signatureOfCall(fn, inst);
      if (signature === undefined) return [];
      return [
        {
          fn,
          inst,
          spot: spotOf(fn, block, loops),
          live: live.get(inst) ?? [],
          signature,
          own,
          callee: layoutOf(signature),
        },
      ];
    }),
  );
}

/** What a module shows whatever it is compiled with. */
export interface ModuleFacts {
  readonly calls: readonly CallFacts[];
  readonly frames: ReadonlyMap<string, FrameFacts>;
}

/** Takes down a module's calls and functions, and marks the places of all values it passes. */
export function coverModule(set: CoverageSet, module: Module, layoutOf: LayoutOf): ModuleFacts {
  const calls = module.functions.flatMap((fn) => callsOf(fn, layoutOf));
  const signatures = new Set<Signature>(module.functions.map((fn) => fn.signature));
  for (const { signature } of calls) signatures.add(signature);
  for (const signature of signatures) {
    for (const sample of sampleValues(signature, layoutOf(signature))) markSample(set, VALUE_GROUP, sample);
  }
  const frames = new Map(module.functions.map((fn) => [functionNameText(fn.name), frameFacts(fn)]));
  return { calls, frames };
}

/** Marks the module's calls and frames as they were compiled under `configuration`. */
export function coverCompiled(
  set: CoverageSet,
  facts: ModuleFacts,
  configuration: Configuration,
  functions: readonly CompiledFunction[],
): void {
  for (const call of facts.calls) {
    const sample = sampleCall(call, configuration);
    if (sample !== null) markSample(set, CALL_GROUP, sample);
  }
  for (const compiled of functions) {
    const frame = facts.frames.get(functionNameText(compiled.name));
    const sample = frame === undefined ? null : sampleFrame(frame, configuration, compiled);
    if (sample !== null) markSample(set, FRAME_GROUP, sample);
  }
}

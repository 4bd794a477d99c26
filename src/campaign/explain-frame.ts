import { dwarfName } from '../abi/dwarf-registers.ts';
import { SP, xName } from '../abi/registers.ts';
import { tailGrowthBytes } from '../abi/tail-growth.ts';
import type { CompiledFunction } from '../backend/compile-result.ts';
import { parseUnwind } from '../backend/unwind-steps.ts';
import type { CallInst } from './explain-calls.ts';
import type { CallJump } from './explain-sites.ts';
import type { CallEvent } from './explain-follow.ts';
import { HarnessError } from '../clif/harness-error.ts';
import { FRAME_LAYOUT_RELEASE, SETUP_BYTES } from './stack-end.ts';

const FP = 8;

/** How much lower fp lies for the function's tail calls, bytes; 0 where a signature has no layout. */
function tailGrowth({ fn }: CallInst): number {
  try {
    return tailGrowthBytes(fn);
  } catch (error) {
    if (error instanceof HarnessError) return 0;
    throw error;
  }
}

/** How far sp lies below the CFA at a call: as seen, else as Cranelift tells; null where neither is to be had. */
export function spBelowCfa(
  call: CallInst,
  compiled: CompiledFunction | undefined,
  events: readonly CallEvent[],
  release: number,
): number | null {
  const [event] = events;
  const told = compiled !== undefined && release >= FRAME_LAYOUT_RELEASE ? compiled.frameSizeBytes : null;
  const seen =
    event === undefined || call.isTail
      ? told
      : Number((event.before.x[FP] ?? 0n) - (event.before.x[SP] ?? 0n));
  return seen === null ? null : seen + SETUP_BYTES + tailGrowth(call);
}

/** Registers that Cranelift's unwind information says are saved, with their places below the CFA. */
function savedRegisters(unwind: string): readonly string[] {
  return parseUnwind(unwind).flatMap((step) =>
    step.kind === 'saved' ? [`${dwarfName(step.register)} at CFA${step.offset}`] : [],
  );
}

export function frameLines(compiled: CompiledFunction): readonly string[] {
  const saved = compiled.unwind === undefined ? [] : savedRegisters(compiled.unwind);
  const slots = [...(compiled.values?.stackSlots ?? [])].map(([slot, offset]) => `ss${slot} at sp+${offset}`);
  return [
    `frame ${compiled.frameSizeBytes} bytes, code ${compiled.code.length} bytes`,
    `saved by the prologue: ${saved.length === 0 ? 'nothing' : saved.join(', ')}`,
    ...(slots.length === 0 ? [] : [`stack slots: ${slots.join(', ')}`]),
  ];
}

/** Handlers of a try_call: CLIF's with the place of each in the code, and of its context. */
export function handlerLines(
  call: CallInst,
  compiled: CompiledFunction | undefined,
  jump: CallJump | null,
): readonly string[] {
  if (!call.isTry) return [];
  const site = jump === null ? undefined : compiled?.callSites.find(({ offset }) => offset === jump.end);
  if (site === undefined) return ['a try_call; Cranelift tells nothing of its handlers'];
  const lines = site.handlers.map(({ tag, offset, context }) => {
    const where =
      context === undefined
        ? ''
        : `, context in ${context.kind === 'x' ? xName(context.register) : `sp+${context.offset}`}`;
    return `${tag === null ? 'default' : `tag${tag}`} at ${offset.toString(16)}${where}`;
  });
  const frame = site.frameOffset === undefined ? [] : [`sp lies ${site.frameOffset} bytes below fp`];
  return [...(lines.length === 0 ? ['a try_call without handlers'] : lines), ...frame];
}

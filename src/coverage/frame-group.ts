import type { CompiledFunction } from '../backend/compile-result.ts';
import type { Configuration } from '../clif/case.ts';
import { isReturnCall, type Function } from '../clif/module.ts';
import { classOf } from './class-of.ts';
import type { Group, Pick, Sample } from './group.ts';
import { savesOf, type Saves } from './saves.ts';
import { FRAME_SETTINGS, settingSample } from './settings.ts';
import { COVERED_CONVENTIONS } from './value-group.ts';

/** Bytes, upper ends: 2032 is the last multiple of 16 an addi reaches, a guard page has 4096, 65536 ends what is drawn. */
const SIZE_ENDS: readonly number[] = [0, 256, 2032, 4096, 8192, 65536];
const SIZE_NAMES = ['none', '1-256', '257-2032', '2033-4096', '4097-8192', '8193-65536', '65537+'];
const SAVE_ENDS: readonly number[] = [0, 4, 10];
const SAVE_NAMES = ['none', '1-4', '5-10', '11+'];
const PROBES = ['none', 'inline', 'outline'];
const ENDS = ['return only', 'tail call', 'both', 'trap only'];
const CALLS = ['leaf', 'calls'];
const OFF_ON = ['false', 'true'];
const NO_SAVES: Saves = { x: 0, f: 0 };

function whyNot(pick: Pick): string | null {
  const { size, convention } = pick;
  const saves = [pick['saved x'], pick['saved f']];
  const isSaving = saves.some((count) => count !== undefined && count !== 'none');
  if (size === 'none' && isSaving) return 'saved registers take room';
  if (size === 'none' && pick['calls'] === 'calls') return 'a function that calls has a frame';
  if (pick['ends'] === 'tail call' || pick['ends'] === 'both') {
    if (convention !== undefined && convention !== 'tail') return 'only tail functions make tail calls';
  }
  return null;
}

/** Functions as compiled: frame, saved registers, probes. */
export const FRAME_GROUP: Group = {
  name: 'frame',
  dimensions: [
    { name: 'size', values: SIZE_NAMES },
    { name: 'saved x', values: SAVE_NAMES },
    { name: 'saved f', values: SAVE_NAMES },
    { name: 'probes', values: PROBES },
    { name: 'stack limit', values: OFF_ON },
    { name: 'convention', values: COVERED_CONVENTIONS },
    { name: 'calls', values: CALLS },
    { name: 'ends', values: ENDS },
    ...FRAME_SETTINGS,
  ],
  whyNot,
};

function probesOf(configuration: Configuration): number {
  if (configuration.shared['enable_probestack'] !== 'true') return 0;
  return Math.max(1, PROBES.indexOf(configuration.shared['probestack_strategy'] ?? 'outline'));
}

/** What is known of a function whatever it is compiled with. */
export interface FrameFacts {
  readonly fn: Function;
  readonly calls: number;
  readonly ends: number;
}

export function frameFacts(fn: Function): FrameFacts {
  let returns = false;
  let leaves = false;
  let calls = 0;
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (isReturnCall(inst)) leaves = true;
      else if (inst.op === 'return') returns = true;
      else if (inst.op.includes('call')) calls = 1;
    }
  }
  const ends = leaves ? (returns ? 2 : 1) : returns ? 0 : 3;
  return { fn, calls, ends };
}

/** Null for a convention that no cell is for. */
export function sampleFrame(
  { fn, calls, ends }: FrameFacts,
  configuration: Configuration,
  compiled: CompiledFunction,
): Sample | null {
  const convention = COVERED_CONVENTIONS.indexOf(fn.signature.callConv);
  if (convention < 0) return null;
  // Without a frame nothing is saved, and calls are in code that Cranelift found dead.
  const hasFrame = compiled.frameSizeBytes > 0;
  const saves = hasFrame ? savesOf(compiled.code, fn.signature.callConv === 'preserve_all') : NO_SAVES;
  return [
    classOf(SIZE_ENDS, compiled.frameSizeBytes),
    classOf(SAVE_ENDS, saves.x),
    classOf(SAVE_ENDS, saves.f),
    probesOf(configuration),
    fn.stackLimit === null ? 0 : 1,
    convention,
    hasFrame ? calls : 0,
    ends,
    ...settingSample(FRAME_SETTINGS, configuration),
  ];
}

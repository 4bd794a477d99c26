import type { Configuration } from '../clif/case.ts';
import type { Dimension } from './group.ts';

/** Settings that change how calls and frames are made, with the values the generator draws; Cranelift's default comes first. */
const OPT_LEVEL: Dimension = { name: 'opt_level', values: ['none', 'speed', 'speed_and_size'] };
const REGALLOC: Dimension = { name: 'regalloc_algorithm', values: ['backtracking', 'single_pass'] };
const PIC: Dimension = { name: 'is_pic', values: ['false', 'true'] };
const FRAME_POINTERS: Dimension = { name: 'preserve_frame_pointers', values: ['false', 'true'] };

export const CALL_SETTINGS: readonly Dimension[] = [OPT_LEVEL, REGALLOC, PIC];
export const FRAME_SETTINGS: readonly Dimension[] = [OPT_LEVEL, REGALLOC, FRAME_POINTERS, PIC];

/** For each of `settings` the place of its value in this configuration. */
export function settingSample(
  settings: readonly Dimension[],
  configuration: Configuration,
): readonly number[] {
  return settings.map(({ name, values }) => Math.max(0, values.indexOf(configuration.shared[name] ?? '')));
}

import { ZVL_BITS } from '../emulator/probe-table.ts';

/**
 * What each preset of the riscv64 target switches on (cranelift-codegen-meta `src/isa/riscv64.rs`): `has_c`, and `zvlNb` with all
 * shorter ones.
 */
const PRESETS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['has_c', ['has_zca', 'has_zcd']],
  ...ZVL_BITS.map((bits, i) => [`zvl${bits}b`, ZVL_BITS.slice(0, i + 1).map((b) => `has_zvl${b}b`)] as const),
]);

/** Target flags with presets replaced by what they stand for, sorted. */
export function expandPresets(flags: readonly string[]): readonly string[] {
  if (!flags.some((flag) => PRESETS.has(flag))) return flags;
  return [...new Set(flags.flatMap((flag) => PRESETS.get(flag) ?? [flag]))].sort();
}

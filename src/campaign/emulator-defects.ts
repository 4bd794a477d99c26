import type { Case, Configuration } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';
import { reachableFunctions } from '../clif/reachable.ts';
import type { Abilities } from '../gen/config.ts';
import { fitConfiguration, type Fit } from './fit-configuration.ts';

/** cranelift-codegen `isa/riscv64/inst.isle`, `lower_ctz`: narrower types set a bit that ends the count in time. */
function countsTrailingZerosOfWord(fn: Function): boolean {
  return fn.blocks.some((block) => block.insts.some((inst) => inst.op === 'ctz' && inst.type === 'i32'));
}

function isMetBy(
  defect: string,
  kase: Pick<Case, 'module' | 'entry'>,
  configuration: Configuration,
): boolean {
  switch (defect) {
    case 'ctzw-counts-64-bits':
      return (
        configuration.isa.includes('has_zbb') &&
        reachableFunctions(kase.module, kase.entry).some(countsTrailingZerosOfWord)
      );
    default:
      return false;
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ctzw-counts-64-bits', "this emulator's ctzw counts in 64 bits, not in 32 (fixed in QEMU 8.0)"],
]);

/** Like `fitConfiguration`, and no fit where the case comes to an instruction that this emulator executes wrongly. */
export function fitCase(
  kase: Pick<Case, 'module' | 'entry'>,
  configuration: Configuration,
  abilities: Abilities,
): Fit {
  const fit = fitConfiguration(configuration, abilities);
  if (fit.kind === 'misfit') return fit;
  const met = (abilities.emulatorDefects ?? []).find((defect) => isMetBy(defect, kase, fit.configuration));
  return met === undefined ? fit : { kind: 'misfit', reason: REASONS.get(met) ?? `this emulator has ${met}` };
}

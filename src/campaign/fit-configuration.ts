import type { Configuration } from '../clif/case.ts';
import type { Abilities } from '../gen/config.ts';
import { expandPresets } from './preset-flags.ts';

/** A configuration as the Cranelift and the emulator at hand take it, or why they do not. */
export type Fit =
  | { readonly kind: 'fits'; readonly configuration: Configuration }
  | { readonly kind: 'misfit'; readonly reason: string };

/** Values that older Cranelifts had before there was a setting for them. */
const BEFORE_THE_SETTING: ReadonlyMap<string, string> = new Map([
  ['enable_multi_ret_implicit_sret', 'false'],
  ['regalloc_algorithm', 'backtracking'],
]);

/** Of settings that are no enum: booleans and numbers. */
const PLAIN_VALUE = /^(?:true|false|on|off|yes|no|\d+)$/;

/** What is wrong with a setting, or null. */
function settingProblem(name: string, value: string, abilities: Abilities): string | null {
  const values = abilities.settings[name];
  if (values === undefined) return `this Cranelift has no setting ${name}`;
  const isKnown = values.length === 0 ? PLAIN_VALUE.test(value) : values.includes(value);
  return isKnown ? null : `this Cranelift's ${name} has no value ${value}`;
}

/** Presets become their flags; settings this Cranelift lacks are dropped where they ask for what it does anyway. */
export function fitConfiguration(configuration: Configuration, abilities: Abilities): Fit {
  const shared = Object.entries(configuration.shared).filter(
    ([name, value]) => abilities.settings[name] !== undefined || BEFORE_THE_SETTING.get(name) !== value,
  );
  for (const [name, value] of shared) {
    const reason = settingProblem(name, value, abilities);
    if (reason !== null) return { kind: 'misfit', reason };
  }
  const isa = expandPresets(configuration.isa);
  const missing = isa.filter((flag) => !abilities.isa.includes(flag));
  if (missing.length > 0) {
    return { kind: 'misfit', reason: `this emulator or Cranelift has no ${missing.join(', ')}` };
  }
  if (configuration.chaos !== undefined && abilities.hasChaos !== true) {
    return { kind: 'misfit', reason: 'this Cranelift has no control plane to seed' };
  }
  return { kind: 'fits', configuration: { ...configuration, shared: Object.fromEntries(shared), isa } };
}

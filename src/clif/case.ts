import type { FunctionName, Module } from './module.ts';

/** One way to compile: shared settings by name, and the ISA flags that are switched on. Both sorted by name. */
export interface Configuration {
  readonly shared: Readonly<Record<string, string>>;
  readonly isa: readonly string[];
  /**
   * Seeds Cranelift's control plane (cranelift-control), which then takes other decisions that are as right: 0 to 2^53-1.
   * Absent: code is made the ordinary way.
   */
  readonly chaos?: number | undefined;
}

/** `psabi`: beside itself, compiled code meets callers and callees that follow the RISC-V psABI and come from elsewhere. */
export type Parties = 'psabi';

/** A module, the inputs of its entry, and the configurations to try. */
export interface Case {
  /** Names the case; everything random about it, poison included, derives from this text. */
  readonly seed: string;
  readonly module: Module;
  readonly entry: FunctionName;
  /** Each input: one bit pattern per parameter of the entry. */
  readonly inputs: readonly (readonly bigint[])[];
  readonly configurations: readonly Configuration[];
  /** Who else takes part; absent where the module is alone. */
  readonly parties?: Parties;
}

/** `opt_level=speed has_v has_zba`: settings, then flags, as Cranelift knows them. */
export function settingsText({ shared, isa }: Configuration): string {
  return [...Object.entries(shared).map(([name, value]) => `${name}=${value}`), ...isa].join(' ');
}

/** `opt_level=speed has_v has_zba chaos=7`: settings, flags, the control plane's seed. The identity of a configuration. */
export function configurationText(configuration: Configuration): string {
  const settings = settingsText(configuration);
  const { chaos } = configuration;
  return chaos === undefined ? settings : `${settings} chaos=${chaos}`.trimStart();
}

import type { FunctionName, Module } from './module.ts';

/** One way to compile: shared settings by name, and the ISA flags that are switched on. Both sorted by name. */
export interface Configuration {
  readonly shared: Readonly<Record<string, string>>;
  readonly isa: readonly string[];
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

/** `opt_level=speed has_v has_zba`: settings, then flags. The identity of a configuration. */
export function configurationText(configuration: Configuration): string {
  const shared = Object.entries(configuration.shared).map(([name, value]) => `${name}=${value}`);
  return [...shared, ...configuration.isa].join(' ');
}

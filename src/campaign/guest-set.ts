import type { Configuration } from '../clif/case.ts';
import { LONGER, SHORTEST_VLEN, vlenOf } from '../clif/vlen.ts';
import { Guest } from '../emulator/guest.ts';
import { exactCpu, withVlen, type EmulatedCpu } from '../emulator/qemu.ts';
import type { Environment } from './environment.ts';

/** The longest that QEMU has. */
export const LONGEST_VLEN = 1024;

/**
 * The processor that a configuration which fits (`fitConfiguration`) runs on: the poorest that has all its flags, and vector
 * registers no longer than these promise, so that code which needs more is caught.
 */
export function cpuFor(
  { cpu, lesserCpus }: Pick<Environment, 'cpu' | 'lesserCpus'>,
  configuration: Configuration,
): EmulatedCpu {
  const lesser = lesserCpus.find(({ isaFlags }) =>
    configuration.isa.every((flag) => isaFlags.includes(flag)),
  );
  return lesser?.emulated ?? withVlen(cpu, vlenOf(configuration));
}

/** That processor with vector registers longer than the configuration promises, if it has any and there are longer ones. */
export function longerCpuFor(
  environment: Pick<Environment, 'cpu' | 'lesserCpus'>,
  configuration: Configuration,
): EmulatedCpu {
  const emulated = cpuFor(environment, configuration);
  return emulated.hasVectors
    ? withVlen(emulated, Math.min(LONGEST_VLEN, LONGER * vlenOf(configuration)))
    : emulated;
}

/** Guests by their processor. Most configurations need V alone: its guest runs from the start, others from when they are first asked for. */
export class GuestSet {
  readonly #environment: Environment;
  readonly #others = new Map<string, Promise<Guest>>();
  readonly plain: Guest;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.plain = this.#make(withVlen(environment.cpu, SHORTEST_VLEN));
  }

  #make(emulated: EmulatedCpu): Guest {
    return new Guest({ emulated, program: this.#environment.guestPath });
  }

  /** Rejects with HarnessError where the guest does not start. */
  async start(): Promise<void> {
    await this.plain.start();
  }

  /** The guest for a configuration that fits. Rejects with HarnessError where it does not start. */
  for(configuration: Configuration): Promise<Guest> {
    return this.#on(cpuFor(this.#environment, configuration));
  }

  /** One with longer vector registers, so that code which counts on their length is caught. Rejects with HarnessError where it does not start. */
  forLonger(configuration: Configuration): Promise<Guest> {
    return this.#on(longerCpuFor(this.#environment, configuration));
  }

  async #on(emulated: EmulatedCpu): Promise<Guest> {
    if (emulated.cpu === this.plain.emulated.cpu) return this.plain;
    let guest = this.#others.get(emulated.cpu);
    if (guest === undefined) {
      guest = this.#startOther(emulated);
      this.#others.set(emulated.cpu, guest);
    }
    return guest;
  }

  /**
   * A guest of its own for a configuration that fits, on a processor that has its extensions and no others, so that code which needs one more is
   * caught. The caller closes it. Rejects with HarnessError where it does not start.
   */
  exact(configuration: Configuration): Promise<Guest> {
    return this.#startOther(exactCpu(this.#environment.cpu, configuration.isa, vlenOf(configuration)));
  }

  async #startOther(emulated: EmulatedCpu): Promise<Guest> {
    const guest = this.#make(emulated);
    await guest.start();
    return guest;
  }

  /** Of the guest that always runs. */
  get pid(): number | undefined {
    return this.plain.pid;
  }

  async close(): Promise<void> {
    const others = await Promise.allSettled(this.#others.values());
    const started = others.flatMap((guest) => (guest.status === 'fulfilled' ? [guest.value] : []));
    await Promise.all([this.plain, ...started].map((guest) => guest.close()));
  }
}

import type { Configuration } from '../clif/case.ts';
import { Guest } from '../emulator/guest.ts';
import { withVlen } from '../emulator/qemu.ts';
import type { Environment } from './environment.ts';

/** What V alone promises (RISC-V V specification, "Zvl*: Minimum Vector Length Standard Extensions"). */
export const SHORTEST_VLEN = 128;
/** The longest that QEMU has. */
export const LONGEST_VLEN = 1024;

const ZVL = /^has_zvl(\d+)b$/;

/** Bits of vector registers that the flags of a configuration promise; at least what V promises. */
export function vlenOf(configuration: Configuration): number {
  let bits = SHORTEST_VLEN;
  for (const flag of configuration.isa) bits = Math.max(bits, Number(ZVL.exec(flag)?.[1] ?? 0));
  return bits;
}

/**
 * Guests by the length of their vector registers. A configuration runs with no more than its flags promise, so that code which
 * needs more is caught. Most need the shortest: its guest runs from the start, others are started when first asked for.
 */
export class GuestSet {
  readonly #environment: Environment;
  readonly #longer = new Map<number, Promise<Guest>>();
  readonly plain: Guest;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.plain = this.#make(SHORTEST_VLEN);
  }

  #make(vlenBits: number): Guest {
    const { cpu, guestPath } = this.#environment;
    return new Guest({ emulated: withVlen(cpu, vlenBits), program: guestPath });
  }

  /** Rejects with HarnessError where the guest does not start. */
  async start(): Promise<void> {
    await this.plain.start();
  }

  /** The guest for a configuration that fits (`fitConfiguration`). Rejects with HarnessError where it does not start. */
  async for(configuration: Configuration): Promise<Guest> {
    const vlenBits = vlenOf(configuration);
    if (vlenBits === SHORTEST_VLEN) return this.plain;
    let guest = this.#longer.get(vlenBits);
    if (guest === undefined) {
      guest = this.#startLonger(vlenBits);
      this.#longer.set(vlenBits, guest);
    }
    return guest;
  }

  async #startLonger(vlenBits: number): Promise<Guest> {
    const guest = this.#make(vlenBits);
    await guest.start();
    return guest;
  }

  /** Of the guest that always runs. */
  get pid(): number | undefined {
    return this.plain.pid;
  }

  async close(): Promise<void> {
    const longer = await Promise.allSettled(this.#longer.values());
    const started = longer.flatMap((guest) => (guest.status === 'fulfilled' ? [guest.value] : []));
    await Promise.all([this.plain, ...started].map((guest) => guest.close()));
  }
}

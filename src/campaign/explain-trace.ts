import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkObstacle } from '../backend/link.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { functionNameText } from '../clif/module.ts';
import { parseTrace, traceArguments } from '../emulator/call-trace.ts';
import { executeCase } from '../emulator/execute.ts';
import { Guest } from '../emulator/guest.ts';
import type { Observation } from '../emulator/observe.ts';
import type { Environment } from './environment.ts';
import {
  followTrace,
  landingsOf,
  startOf,
  type FollowedTrace,
  type TracedFunction,
} from './explain-follow.ts';
import { cpuFor } from './guest-set.ts';
import { hasImplicitReturnArea, linkCase } from './link-case.ts';
import { poisonSeeds } from '../clif/poison-seeds.ts';
import { poisonBytes } from './poison.ts';

export interface CaseTrace extends FollowedTrace {
  /** Of the outermost calls. */
  readonly observations: readonly Observation[];
}

const LIMIT_MS = 2000;
const LONGEST_LOG = 48 << 20;
const MOST_ADDRESSES = 4000;
const MOST_INPUTS = 4;

/** Runs the first inputs of the case, or `input` alone, under both poisons with QEMU's log on. A text says why it cannot. */
export async function traceCase(
  environment: Environment,
  kase: Case,
  configuration: Configuration,
  functions: readonly TracedFunction[],
  input: number | null,
): Promise<CaseTrace | string> {
  const compiled = functions.map((fn) => fn.compiled);
  const obstacle = linkObstacle(compiled);
  if (obstacle !== null) return obstacle;
  const entry = functions.find(({ fn }) => functionNameText(fn.name) === functionNameText(kase.entry));
  if (entry === undefined) return 'no code of the entry';
  const cpu = cpuFor(environment, configuration);
  const place = new Guest({ emulated: cpu, program: environment.guestPath });
  const { base } = place;
  // Veneers, which stand between a call and its callee, only where the guest has to unwind.
  const artifact = linkCase(place, kase.module, configuration, compiled, false, environment.cranelift);
  const placed = functions.map((fn, i) => ({
    fn,
    start: base + BigInt(artifact.functions[i]?.offset ?? 0),
  }));
  const addresses = placed.flatMap(({ fn, start }) =>
    addressesOf(fn).map((offset) => start + BigInt(offset)),
  );
  const folder = mkdtempSync(join(tmpdir(), 'callfuzz-'));
  const log = join(folder, 'qemu.log');
  const extraArguments = traceArguments(cpu.qemu.version, log, addresses.slice(0, MOST_ADDRESSES));
  const guest = new Guest({ emulated: { ...cpu, extraArguments }, program: environment.guestPath });
  try {
    const inputs = input === null ? kase.inputs.slice(0, MOST_INPUTS) : kase.inputs.slice(input, input + 1);
    const observations = await executeCase(
      guest,
      artifact,
      kase.entry,
      entry.fn.signature,
      {
        implicitReturnArea: hasImplicitReturnArea(configuration),
        limitMs: LIMIT_MS,
        poisonBytes: poisonBytes(kase.module, compiled),
      },
      inputs,
      inputs.map(() => poisonSeeds(kase.seed)),
    );
    return { ...followTrace(parseTrace(readStart(log)), placed), observations };
  } finally {
    await guest.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readStart(path: string): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(LONGEST_LOG);
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, LONGEST_LOG, 0));
  } finally {
    closeSync(file);
  }
}

/** Offsets to trace: entry, calls, returns and handlers first, then where values come into registers. */
function addressesOf({ compiled, calls }: TracedFunction): readonly number[] {
  const labels = compiled.values?.isSameCode === true ? compiled.values.ranges : [];
  const starts = labels.filter((range) => range.place.kind === 'x' || range.place.kind === 'f');
  return [
    ...new Set([
      0,
      ...calls.flatMap(({ jump, copies }) => [jump.start, jump.end, ...copies.map(({ at }) => at)]),
      ...calls.flatMap(({ jump }) => landingsOf(compiled, jump)),
      ...starts.map(startOf),
    ]),
  ];
}

import type { Case, Configuration } from '../clif/case.ts';
import type { Module } from '../clif/module.ts';
import { vlenOf } from '../clif/vlen.ts';
import { frameBytes } from './far-halves.ts';

/** More guard areas than this are probed by a loop (cranelift-codegen `isa/riscv64/abi.rs`, `gen_inline_probestack`). */
const MOST_UNROLLED = 3;
/** What a frame may have beside what is counted: spilled scalars, saved registers. */
const OTHER_BYTES = 8192;
const DEFAULT_LOG2 = 12;
const LARGEST_LOG2 = 30;

function unrolled(configuration: Configuration, module: Module): Configuration {
  const vlen = vlenOf(configuration);
  const largest = Math.max(0, ...module.functions.map((fn) => frameBytes(fn, vlen))) + OTHER_BYTES;
  const { shared } = configuration;
  const isInline = shared['enable_probestack'] === 'true' && shared['probestack_strategy'] === 'inline';
  const own = Number(shared['probestack_size_log2'] ?? DEFAULT_LOG2);
  let log2 = own;
  while (log2 < LARGEST_LOG2 && largest >= (MOST_UNROLLED + 1) * 2 ** log2) log2 += 1;
  if (!isInline || log2 === own) return configuration;
  return { ...configuration, shared: { ...shared, probestack_size_log2: String(log2) } };
}

/** Frames that may be probed by a loop have guard areas so large that none is (docs/findings.md, F24). */
export function unrollProbes(kase: Case): Case {
  return { ...kase, configurations: kase.configurations.map((one) => unrolled(one, kase.module)) };
}

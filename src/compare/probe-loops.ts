import type { Case, Configuration } from '../clif/case.ts';
import { slotBytes } from '../clif/module.ts';

/** More guard areas than this are probed by a loop (cranelift-codegen `isa/riscv64/abi.rs`, `gen_inline_probestack`). */
const MOST_UNROLLED = 3;
/** What a frame may have beside its slots. */
const OTHER_BYTES = 8192;
const DEFAULT_LOG2 = 12;
const LARGEST_LOG2 = 30;

function unrolled(configuration: Configuration, frameBytes: number): Configuration {
  const { shared } = configuration;
  const isInline = shared['enable_probestack'] === 'true' && shared['probestack_strategy'] === 'inline';
  const own = Number(shared['probestack_size_log2'] ?? DEFAULT_LOG2);
  let log2 = own;
  while (log2 < LARGEST_LOG2 && frameBytes >= (MOST_UNROLLED + 1) * 2 ** log2) log2 += 1;
  if (!isInline || log2 === own) return configuration;
  return { ...configuration, shared: { ...shared, probestack_size_log2: String(log2) } };
}

/** Frames that may be probed by a loop have guard areas so large that none is (docs/findings.md, F24). */
export function unrollProbes(kase: Case): Case {
  const frameBytes = Math.max(0, ...kase.module.functions.map(slotBytes)) + OTHER_BYTES;
  return { ...kase, configurations: kase.configurations.map((one) => unrolled(one, frameBytes)) };
}

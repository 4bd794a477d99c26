import { tailGrowthBytes } from '../abi/tail-growth.ts';
import type { Case, Configuration } from '../clif/case.ts';

/** More guard areas than this are probed by a loop (cranelift-codegen `isa/riscv64/abi.rs`, `gen_inline_probestack`). */
const MOST_UNROLLED = 3;
/** What is probed beside the frame that is reported and what tail calls add: the frame record, and what releases leave out of the report. */
const OTHER_BYTES = 1024;
const DEFAULT_LOG2 = 12;
const LARGEST_LOG2 = 30;

/** What findings of guards end with: a frame as the compiler reported it, bytes. */
export function largestFrameText(bytes: number): string {
  return `the largest frame has ${bytes} bytes`;
}

const LARGEST_FRAME = new RegExp(`${largestFrameText(0).replace('0', '(\\d+)')}$`);

function unrolled(configuration: Configuration, frameBytes: number): Configuration {
  const { shared } = configuration;
  const isInline = shared['enable_probestack'] === 'true' && shared['probestack_strategy'] === 'inline';
  const own = Number(shared['probestack_size_log2'] ?? DEFAULT_LOG2);
  let log2 = own;
  while (log2 < LARGEST_LOG2 && frameBytes >= (MOST_UNROLLED + 1) * 2 ** log2) log2 += 1;
  if (!isInline || log2 === own) return configuration;
  return { ...configuration, shared: { ...shared, probestack_size_log2: String(log2) } };
}

/** Where `detail` is that of a frame which may be probed by a loop, guard areas are so large that none is (docs/findings.md, F24). */
export function unrollProbes(kase: Case, detail: string): Case {
  const frameBytes = LARGEST_FRAME.exec(detail)?.[1];
  if (frameBytes === undefined) return kase;
  const bytes = Number(frameBytes) + OTHER_BYTES + Math.max(...kase.module.functions.map(tailGrowthBytes));
  return { ...kase, configurations: kase.configurations.map((one) => unrolled(one, bytes)) };
}

import { describe, expect, it } from 'vitest';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { largestFrameText, unrollProbes } from './probe-loops.ts';

const INLINE = { enable_probestack: 'true', probestack_strategy: 'inline' };

/** The binary logarithm of the guard areas that are left; null where nothing changes. */
function guardLog2(handedOn: number, frameBytes: number): string | null {
  const parsed = parseClif(`function %main() tail {
    sig0 = (${Array.from({ length: handedOn + 8 }, () => 'i64').join(', ')}) tail
    fn0 = u0:1 sig0
block0:
    v0 = iconst.i64 1
    return_call fn0(${Array.from({ length: handedOn + 8 }, () => 'v0').join(', ')})
}
`);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const kase = {
    seed: '0',
    module: parsed.file.module,
    entry: { kind: 'test', name: 'main' },
    inputs: [],
    configurations: [{ shared: INLINE, isa: [] }],
  } as const;
  const rewritten = unrollProbes(kase, `sp-0x10 was written; ${largestFrameText(frameBytes)}`);
  return rewritten.configurations[0]?.shared['probestack_size_log2'] ?? null;
}

describe('unrollProbes', () => {
  it('leaves frames that are probed one by one', () => {
    expect(guardLog2(0, 12_000)).toBeNull();
  });

  it('makes guard areas so large that four of them are more than the frame', () => {
    expect(guardLog2(0, 16_384)).toBe('13');
    expect(guardLog2(0, 40_000)).toBe('14');
  });

  it('counts what a tail call adds to the frame', () => {
    expect(guardLog2(50, 14_752)).toBeNull();
    expect(guardLog2(200, 14_752)).toBe('13');
  });
});

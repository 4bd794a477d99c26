import { describe, expect, it } from 'vitest';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { mayStoreFarHalf } from './far-halves.ts';

function isFar(text: string, isa: readonly string[] = []): boolean {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return mayStoreFarHalf({ module: parsed.file.module, configurations: [{ shared: {}, isa }] });
}

function withTailCall(slotBytes: number, type: string): string {
  return `function %main(${type}) -> ${type} tail {
    ss0 = explicit_slot ${slotBytes}
    fn0 = colocated u0:0(${type}) -> ${type} tail
block0(v0: ${type}):
    return_call fn0(v0)
}
`;
}

function withStore(slotBytes: number): string {
  return `function %main(f16) {
    ss0 = explicit_slot ${slotBytes}
block0(v0: f16):
    v1 = stack_addr.i64 ss0
    store v0, v1
    return
}
`;
}

/** A call that takes `words` and a half behind them. */
function withCall(words: number): string {
  const types = Array.from({ length: words }, () => 'i64');
  return `function %main(i64, f16) {
    fn0 = colocated u0:0(${[...types, 'f16'].join(', ')})
block0(v0: i64, v1: f16):
    call fn0(${[...types.map(() => 'v0'), 'v1'].join(', ')})
    return
}
`;
}

describe('a half is stored far from sp', () => {
  it('by tail calls and stores where the frame is large', () => {
    expect(isFar(withTailCall(2048, 'f16'))).toBe(true);
    expect(isFar(withTailCall(64, 'f16'))).toBe(false);
    expect(isFar(withTailCall(2048, 'f32'))).toBe(false);
    expect(isFar(withStore(2048))).toBe(true);
    expect(isFar(withStore(64))).toBe(false);
  });

  it('by calls and returns where the area is large', () => {
    expect(isFar(withCall(300))).toBe(true);
    expect(isFar(withCall(20))).toBe(false);
    const types = Array.from({ length: 300 }, () => 'f16').join(', ');
    const values = Array.from({ length: 300 }, () => 'v0').join(', ');
    const text = `function %main(f16) -> ${types} {\nblock0(v0: f16):\n    return ${values}\n}\n`;
    expect(isFar(text)).toBe(true);
  });

  /** A tail call past `count` vectors that are read behind a call. */
  function withVectors(count: number): string {
    const numbers = Array.from({ length: count }, (_, i) => i + 1);
    return `function %main(f16) -> f16 tail {
    fn0 = colocated u0:0(f16) -> f16 tail
    fn1 = colocated u0:1() system_v
block0(v0: f16):
${numbers.map((i) => `    v${i} = vconst.i64x2 0x${i.toString(16).padStart(32, '0')}`).join('\n')}
    call fn1()
${numbers.map((i) => `    v${100 + i} = extractlane v${i}, 0`).join('\n')}
    return_call fn0(v0)
}
`;
  }

  it('by tail calls where vectors are spilled, each to as many bytes as a register has bits', () => {
    expect(isFar(withVectors(10), ['has_v'])).toBe(true);
    expect(isFar(withVectors(3), ['has_v'])).toBe(false);
    expect(isFar(withVectors(3), ['has_v', 'has_zvl512b'])).toBe(true);
  });

  it('nowhere where halves are loaded alone', () => {
    const params = [...Array.from({ length: 9 }, () => 'f64'), 'f16'];
    const values = params.map((type, i) => `v${i}: ${type}`).join(', ');
    const text = `function %main(${params.join(', ')}) -> f16 {
    ss0 = explicit_slot 4096
block0(${values}):
    return v9
}
`;
    expect(isFar(text)).toBe(false);
  });
});

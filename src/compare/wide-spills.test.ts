import { describe, expect, it } from 'vitest';
import type { Configuration } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import { maySpillWideVectors } from './wide-spills.ts';

function maySpill(text: string, shared: Configuration['shared'] = {}): boolean {
  const parsed = parseClif(text);
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const configurations = [{ shared, isa: ['has_v', 'has_zvl256b'] }];
  return maySpillWideVectors({ module: parsed.file.module, configurations });
}

const COMPUTES = `function %main(i64x4, i64x4) -> i64x4 system_v {
block0(v0: i64x4, v1: i64x4):
    v2 = iadd v0, v1
    v3 = isub v2, v0
    return v3
}
`;

const ACROSS = `function %main(i64x4) -> i64x4 system_v {
    sig0 = () system_v
    fn0 = u0:1 sig0
block0(v0: i64x4):
    call fn0()
    return v0
}
`;

const FROM_CALL = `function %main() -> i64 system_v {
    sig0 = () -> i64x4 system_v
    fn0 = u0:1 sig0
block0:
    v0 = call fn0()
    v1 = extractlane v0, 1
    return v1
}
`;

const THROUGH_ROUTINE = `function %main(i64x4, f128) -> i64x4, f128 system_v {
block0(v0: i64x4, v1: f128):
    v2 = fadd v1, v1
    return v0, v2
}
`;

const LEAVES = `function %main(i64x4) -> i64x4 tail {
    sig0 = (i64x4) -> i64x4 tail
    fn0 = u0:1 sig0
block0(v0: i64x4):
    return_call fn0(v0)
}
`;

const names = Array.from({ length: 14 }, (_, i) => `v${i}`);
const MANY = `function %main(${names.map(() => 'i64x4').join(', ')}) -> ${names.map(() => 'i64x4').join(', ')} system_v {
block0(${names.map((name) => `${name}: i64x4`).join(', ')}):
    return ${names.toReversed().join(', ')}
}
`;

describe('maySpillWideVectors', () => {
  it.each([
    ['alive across a call', ACROSS],
    ['the result of a call', FROM_CALL],
    ['alive across arithmetic that may be a call', THROUGH_ROUTINE],
    ['one of many alive at once', MANY],
  ])('holds for a vector that is %s', (_, text) => {
    expect(maySpill(text)).toBe(true);
  });

  it.each([
    ['few vectors without a call', COMPUTES],
    ['what a tail call is given and gives', LEAVES],
    ['short vectors across a call', ACROSS.replaceAll('i64x4', 'i64x2')],
  ])('does not hold for %s', (_, text) => {
    expect(maySpill(text)).toBe(false);
  });

  it('holds where the mid-end or the allocator may put values elsewhere', () => {
    for (const shared of [{ opt_level: 'speed' }, { regalloc_algorithm: 'single_pass' }])
      expect(maySpill(COMPUTES, shared)).toBe(true);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bisectVersions, type Probe } from './bisect-versions.ts';

const LETTERS: Readonly<Record<string, Probe>> = { f: 'fails', p: 'passes', '?': 'cannot-tell' };

async function bisect(text: string): Promise<{ readonly boundary: unknown; readonly probes: number }> {
  const tried: number[] = [];
  const boundary = await bisectVersions(text.length, async (index) => {
    expect(tried).not.toContain(index);
    tried.push(index);
    return LETTERS[text[index] ?? '?'] ?? 'cannot-tell';
  });
  return { boundary, probes: tried.length };
}

test('finds the first version that fails', async () => {
  const { boundary, probes } = await bisect(`${'p'.repeat(20)}${'f'.repeat(11)}`);
  expect(boundary).toEqual({ kind: 'found', before: 19, first: 20, isRegression: true });
  expect(probes).toBeLessThanOrEqual(7);
});

test('finds the first version that passes where the newest does', async () => {
  const { boundary } = await bisect('fffp');
  expect(boundary).toEqual({ kind: 'found', before: 2, first: 3, isRegression: false });
});

test('steps around what cannot tell, at the ends and between', async () => {
  expect((await bisect('??pp??ff?')).boundary).toEqual({
    kind: 'found',
    before: 3,
    first: 6,
    isRegression: true,
  });
});

test('says so where the ends agree or nothing tells', async () => {
  expect((await bisect('?f?f')).boundary).toEqual({ kind: 'same-ends', verdict: 'fails', first: 1, last: 3 });
  expect((await bisect('???')).boundary).toEqual({ kind: 'none' });
  expect((await bisect('f')).boundary).toEqual({ kind: 'none' });
});

test('the boundary is where the verdict changes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(15),
      fc.integer({ min: 1, max: 15 }),
      fc.array(fc.nat(40)),
      async (good, bad, holes) => {
        const plain = `${'p'.repeat(good + 1)}${'f'.repeat(bad)}`;
        const text = plain
          .split('')
          .map((c, i) => (i > 0 && i < plain.length - 1 && holes.includes(i) ? '?' : c))
          .join('');
        const { boundary } = await bisect(text);
        const expected = {
          kind: 'found',
          before: text.lastIndexOf('p'),
          first: text.indexOf('f'),
          isRegression: true,
        };
        expect(boundary).toEqual(expected);
      },
    ),
  );
});

import { describe, expect, it } from 'vitest';
import type { Artifact } from '../backend/artifact.ts';
import { guardAt, placeText, signalName, trapCodeAt } from './place.ts';
import { STACK_BASE, STACK_BYTES } from './protocol.ts';

const artifact: Artifact = {
  base: 0x2000000000n,
  image: new Uint8Array(0x80),
  stubs: [],
  functions: [
    { name: { kind: 'user', namespace: 0, index: 1 }, offset: 0, sizeBytes: 0x30 },
    { name: { kind: 'test', name: 'g' }, offset: 0x40, sizeBytes: 0x20 },
  ],
  traps: [
    { offset: 0x24, code: 'user1' },
    { offset: 0x44, code: 'heap_oob' },
    { offset: 0x50, code: 'int_divz' },
  ],
};

describe('place', () => {
  it('names function and offset', () => {
    expect(placeText(artifact, 0x2000000024n)).toBe('u0:1+0x24');
    expect(placeText(artifact, 0x2000000044n)).toBe('%g+0x4');
    expect(placeText(artifact, 0x2000000034n)).toBe('image+0x34');
    expect(placeText(artifact, 0x2000000080n)).toBe('0x2000000080');
    expect(placeText(artifact, 0n)).toBe('0x0');
  });

  it('finds each trap at its own instruction and nowhere else', () => {
    for (let offset = 0; offset < 0x90; offset++) {
      const expected = artifact.traps.find((trap) => trap.offset === offset)?.code ?? null;
      expect(trapCodeAt(artifact, artifact.base + BigInt(offset))).toBe(expected);
    }
  });

  it('tells the guard areas apart', () => {
    expect(guardAt(STACK_BASE - 1n)).toBe('below');
    expect(guardAt(STACK_BASE)).toBe(null);
    expect(guardAt(STACK_BASE + STACK_BYTES - 1n)).toBe(null);
    expect(guardAt(STACK_BASE + STACK_BYTES)).toBe('above');
  });

  it('names signals', () => {
    expect([signalName(4), signalName(11), signalName(40)]).toEqual(['SIGILL', 'SIGSEGV', 'signal 40']);
  });
});

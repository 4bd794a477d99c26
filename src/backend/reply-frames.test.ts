import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ReplyFrames } from './reply-frames.ts';

describe('ReplyFrames', () => {
  it('gives the same frames however the bytes are cut', () => {
    const blob = fc.uint8Array({ maxLength: 60 });
    fc.assert(
      fc.property(
        fc.array(blob, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (blobs, cuts) => {
          const lines = blobs.map((b, index) => `{"blob":${b.length},"results":[${index}]}`);
          const whole = Buffer.concat(
            blobs.flatMap((b, index) => [Buffer.from(`${lines[index]}\n`), Buffer.from(b)]),
          );
          const frames = new ReplyFrames();
          const seen: { line: string; blob: number[] }[] = [];
          for (let start = 0, cut = 0; start < whole.length; cut += 1) {
            const end = start + (cuts[cut % cuts.length] ?? 1);
            frames.push(whole.subarray(start, end));
            start = end;
            for (let frame = frames.next(); frame !== null; frame = frames.next()) {
              seen.push({ line: frame.line, blob: [...frame.blob] });
            }
          }
          expect(seen).toEqual(blobs.map((b, index) => ({ line: lines[index], blob: [...b] })));
        },
      ),
    );
  });

  it('takes a line without a blob', () => {
    const frames = new ReplyFrames();
    frames.push(Buffer.from('{"version":"1"}\n{"blob"'));
    expect(frames.next()?.line).toBe('{"version":"1"}');
    expect(frames.next()).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';

import { HarnessError } from '../clif/harness-error.ts';
import { parseCompileReply, parseHello } from './driver-reply.ts';

const BLOB = new Uint8Array([1, 2, 3, 4, ...new TextEncoder().encode('ret'), 9, 9]);

function parse(results: unknown): unknown {
  return parseCompileReply(JSON.stringify({ blob: BLOB.length, results }), BLOB);
}

describe('parseCompileReply', () => {
  it('decodes a compiled module', () => {
    const relocations = [
      [0, 'Abs8', 'u3:7', -1],
      [4, 'RiscvPCRelLo12I', 0, 0],
      [8, 'RiscvCallPlt', '!Memcpy', 0],
    ];
    expect(
      parse([
        [
          'compiled',
          [
            [
              '%f',
              0,
              4,
              2,
              16,
              relocations,
              [[4, 'user1']],
              [
                [
                  8,
                  [
                    [1, 12],
                    [null, 16],
                  ],
                  null,
                ],
              ],
              3,
            ],
          ],
        ],
      ]),
    ).toEqual([
      {
        kind: 'compiled',
        functions: [
          {
            name: { kind: 'test', name: 'f' },
            code: new Uint8Array([1, 2, 3, 4]),
            alignBytes: 2,
            frameSizeBytes: 16,
            vcode: 'ret',
            relocations: [
              {
                offset: 0,
                kind: 'Abs8',
                target: { kind: 'function', name: { kind: 'user', namespace: 3, index: 7 } },
                addend: -1n,
              },
              { offset: 4, kind: 'RiscvPCRelLo12I', target: { kind: 'offset', offset: 0 }, addend: 0n },
              {
                offset: 8,
                kind: 'RiscvCallPlt',
                target: { kind: 'function', name: { kind: 'libcall', name: 'Memcpy' } },
                addend: 0n,
              },
            ],
            traps: [{ offset: 4, code: 'user1' }],
            callSites: [
              {
                offset: 8,
                handlers: [
                  { tag: 1, offset: 12 },
                  { tag: null, offset: 16 },
                ],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('decodes what is there only where asked for', () => {
    const values = [
      'values',
      true,
      [
        [3, 'p10i', 0, 4],
        [4, -24, 2, 4],
        [5, 'p8f', 0, 2],
      ],
      [[1, 0, 4]],
      [[0, 16]],
    ];
    const sites = [
      [
        4,
        [
          [1, 2],
          ['sp', 8],
          [null, 0],
        ],
        32,
      ],
    ];
    const fields = ['%f', 0, 4, 2, 16, [], [], sites, 0, values, ['unwind', 'SystemV']];
    expect(parse([['compiled', [fields]]])).toMatchObject([
      {
        functions: [
          {
            callSites: [
              {
                handlers: [
                  { tag: 1, offset: 2 },
                  { tag: null, offset: 0, context: { kind: 'sp', offset: 8 } },
                ],
                frameOffset: 32,
              },
            ],
            values: {
              isSameCode: true,
              ranges: [
                { value: 3, place: { kind: 'x', register: 10 }, start: 0, end: 4 },
                { value: 4, place: { kind: 'cfa', offset: -24 }, start: 2, end: 4 },
                { value: 5, place: { kind: 'f', register: 8 }, start: 0, end: 2 },
              ],
              instructions: [{ index: 0, start: 0, end: 4 }],
              stackSlots: new Map([[0, 16]]),
            },
            unwind: 'SystemV',
          },
        ],
      },
    ]);
  });

  it('decodes each kind of failure', () => {
    expect(
      parse([
        ['parse', 3, 'm'],
        ['verifier', '%f', 'm'],
        ['codegen', '%f', 'Unsupported', 'm'],
        ['panic', '%f', 'm', 'cranelift-codegen-0.1.2/src/a.rs', 5],
        [
          'panic',
          '%f',
          'm',
          '/home/x/target/release/build/cranelift-codegen-0123456789abcdef/out/isle.rs',
          6,
        ],
        ['flag', 'm'],
      ]),
    ).toEqual([
      { kind: 'parse-error', line: 3, message: 'm' },
      { kind: 'verifier-error', function: '%f', message: 'm' },
      { kind: 'codegen-error', function: '%f', error: 'Unsupported', message: 'm' },
      { kind: 'panic', function: '%f', message: 'm', file: 'cranelift-codegen-0.1.2/src/a.rs', line: 5 },
      { kind: 'panic', function: '%f', message: 'm', file: 'cranelift-codegen/out/isle.rs', line: 6 },
      { kind: 'bad-flag', message: 'm' },
    ]);
  });

  it.each([
    [[['other']]],
    [[['parse', 'three', 'm']]],
    [[['compiled', [['f', 0, 4, 2, 0, [], [], [], 0]]]]],
    [[['compiled', [['%f', 0, 40, 2, 0, [], [], [], 0]]]]],
    [[['compiled', [['%f', 0, 4, 2, 0, [[0, 'Abs8', null, 0]], [], [], 0]]]]],
    [[['compiled', [['%f', 0, 4, 2, 0, [], [], [], 0, ['values', true, [[1, 'p1q', 0, 4]], [], []]]]]]],
    [[['compiled', [['%f', 0, 4, 2, 0, [], [], [], 0, ['more']]]]]],
    [3],
  ])('refuses %j', (results) => {
    expect(() => parse(results)).toThrow(HarnessError);
  });
});

describe('parseHello', () => {
  it('refuses what is no hello', () => {
    expect(() => parseHello('{"version":1}')).toThrow(HarnessError);
  });
});

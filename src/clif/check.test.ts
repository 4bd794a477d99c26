import { describe, expect, it } from 'vitest';
import { checkModule, problemText } from './check.ts';
import { clifErrorText, parseClif } from './parse.ts';
import type { CheckOptions, ProblemKind } from './problem.ts';

function problemsOf(
  text: string,
  options: CheckOptions = {},
): readonly { readonly kind: ProblemKind; readonly text: string }[] {
  const result = parseClif(text);
  if (result.kind === 'error') throw new Error(clifErrorText(result));
  return checkModule(result.file.module, options).map((problem) => ({
    kind: problem.kind,
    text: problemText(problem),
  }));
}

/** A callee `u0:1` of the given signature and a caller `%main` that reaches it. */
function pair(calleeSignature: string, callerBody: string): string {
  const inCallee = calleeSignature.includes('i8x16') ? 'v0: i8x16' : 'v0: i64';
  return `function u0:1${calleeSignature} {
block0(${inCallee}):
    return v0
}

function %main(i64) -> i64 system_v {
${callerBody}
}
`;
}

describe('a call that is not what its callee is', () => {
  it('in its convention, as in issue 11133', () => {
    const text = pair(
      '(i64) -> i64 system_v',
      `    sig0 = (i64) -> i64 tail
    fn0 = colocated u0:1 sig0
block0(v0: i64):
    v1 = call fn0(v0)
    return v1`,
    );
    expect(problemsOf(text)).toEqual([
      {
        kind: 'signature-mismatch',
        text: '%main, block0: v1 = call fn0(v0): call in %main declares tail, u0:1 is system_v: undefined, not a backend fault',
      },
    ]);
    expect(problemsOf(text.replace('-> i64 tail', '-> i64 system_v'))).toEqual([]);
  });

  it('in its types, through func_addr and call_indirect', () => {
    const text = pair(
      '(i64) -> i64 system_v',
      `    sig0 = (i64) -> i64 system_v
    sig1 = (i64) -> i64, i64 system_v
    fn0 = u0:1 sig0
block0(v0: i64):
    v1 = func_addr.i64 fn0
    v2, v3 = call_indirect sig1, v1(v0)
    return v2`,
    );
    expect(problemsOf(text)).toEqual([
      {
        kind: 'signature-mismatch',
        text: '%main, block0: v2, v3 = call_indirect sig1, v1(v0): call_indirect in %main declares (i64) -> i64, i64 system_v, u0:1 is (i64) -> i64 system_v: undefined, not a backend fault',
      },
    ]);
  });

  it('in extensions: only when asked', () => {
    const text = pair(
      '(i64) -> i64 system_v',
      `    sig0 = (i64 sext) -> i64 system_v
    fn0 = u0:1 sig0
block0(v0: i64):
    v1 = call fn0(v0)
    return v1`,
    );
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { reportExtensions: true }).map((p) => p.kind)).toEqual(['extension-mismatch']);
  });

  it('in an extension that a tail call cannot keep', () => {
    const text = (own: string, callee: string): string => `function %g() -> i32 ${callee} tail {
block0:
    v0 = iconst.i32 -1
    return v0
}
function %main() -> i32 ${own} tail {
    fn0 = %g() -> i32 ${callee} tail
block0:
    return_call fn0()
}`;
    expect(problemsOf(text('uext', '')).map((p) => p.text)).toEqual([
      '%main, block0: return_call fn0(): return_call in %main: result 0 is promised with uext, which the callee does not make: undefined, not a backend fault',
    ]);
    expect(problemsOf(text('uext', 'sext')).map((p) => p.kind)).toEqual(['signature-mismatch']);
    expect(problemsOf(text('uext', 'uext'))).toEqual([]);
    expect(problemsOf(text('', 'sext'))).toEqual([]);
  });

  it('is not claimed where the address is not known', () => {
    const text = `function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 tail
block0(v0: i64):
    v1 = call_indirect sig0, v0(v0)
    return v1
}`;
    expect(problemsOf(text)).toEqual([]);
  });

  it('in a return_call and in a try_call', () => {
    const text = `function %g(i64, i64) -> i64 tail {
block0(v0: i64, v1: i64):
    return v0
}
function %main(i64) -> i64 tail {
    sig0 = (i64) -> i64 tail
    fn0 = %g sig0
block0(v0: i64):
    try_call fn0(v0), sig0, block1(ret0), []
block1(v1: i64):
    return_call fn0(v1)
}`;
    expect(problemsOf(text).map((p) => p.kind)).toEqual(['signature-mismatch', 'signature-mismatch']);
  });
});

describe('a problem', () => {
  const body = (lines: string, signature = '(i64) -> i64 tail', preamble = ''): string =>
    `function %f${signature} {\n${preamble}block0(v0: i64):\n${lines}\n}\n`;
  const ref = (signature: string): string => `    sig0 = ${signature}\n    fn0 = colocated %g sig0\n`;
  const table: readonly (readonly [kind: ProblemKind, text: string, message: RegExp])[] = [
    [
      'external',
      body('v1 = call fn0(v0)\nreturn v1', undefined, ref('(i64) -> i64 tail')),
      /does not define %g/,
    ],
    [
      'external',
      body('v1 = call fn0(v0)\nreturn v1', undefined, ref('(i64) -> i64 tail').replace('%g', '%Memcpy')),
      /%Memcpy/,
    ],
    ['structure', body('v1 = iadd v0, v0'), /terminator/],
    ['structure', body('return v0\nreturn v0'), /before the end/],
    ['structure', body('jump block0(v0)'), /entry block/],
    ['structure', body('jump block7'), /block7 is not defined/],
    ['structure', body('return v0', '(i32) -> i64 tail'), /entry block's parameters/],
    ['structure', 'function %f() tail {\n}', /no block/],
    ['structure', 'function %f() tail {\nblock0 cold:\nreturn\n}', /cold/],
    [
      'structure',
      'function %f() tail {\nblock0:\nreturn\n}\nfunction %f() tail {\nblock0:\nreturn\n}',
      /defined twice/,
    ],
    ['type', body('v1 = iconst.i32 1\nv2 = iadd v0, v1\nreturn v2'), /operand 1, v1, is i32, not i64/],
    ['type', body('v1 = uextend.i32 v0\nreturn v0'), /operand 0, v0, is i64, not narrower/],
    ['type', body('v1 = iconst.i32 0\nv2 = load.i64 v1\nreturn v2'), /not i64/],
    ['type', body('return'), /0 results are returned/],
    ['type', body('v1 = iconst.i8 1\nreturn v1'), /result 0, v1, is i8/],
    ['type', body('jump block1\nblock1(v1: i64):\nreturn v1'), /0 arguments for 1 parameters/],
    [
      'type',
      body('jump block1(v0)\nblock1(v1: i32):\nreturn v0'),
      /v0 is i64, the parameter of block1 is i32/,
    ],
    ['type', body('v1 = bitcast.i32 v0\nreturn v0'), /different widths/],
    ['type', body('v1 = bitcast.i32x2 v0\nreturn v0'), /little or big/],
    ['type', body('v1 = splat.i64x2 v0\nv2 = extractlane v1, 2\nreturn v2'), /no lane 2/],
    ['type', body('store readonly v0, v0\nreturn v0'), /readonly/],
    [
      'dominance',
      body('brif v0, block1, block2\nblock1:\nv1 = iadd v0, v0\njump block2\nblock2:\nreturn v1'),
      /v1 is not defined on every way/,
    ],
    ['dominance', body('v1 = iadd.i64 v1, v0\nreturn v1'), /v1 is not defined/],
    [
      'signature',
      body('return v0', '(i64) -> i64 sext, f32 sext tail').replace(
        'return v0',
        'v1 = f32const 0.0\nreturn v0, v1',
      ),
      /result 1 \(f32\)/,
    ],
    ['signature', body('return v0', '(i64 sret) -> i64 tail'), /sret parameter has no results/],
    [
      'signature',
      body('return', '(i64 sret, i64 sret) tail').replace('v0: i64', 'v0: i64, v1: i64'),
      /more than one parameter is sret/,
    ],
    ['signature', body('return', '(i32 vmctx) tail').replace('v0: i64', 'v0: i32'), /must be i64/],
    ['signature', body('return', '(i64) tail', '    sig0 = () -> i8 preserve_all\n'), /preserve_all/],
    [
      'tail-call',
      body('return_call fn0(v0)', '(i64) -> i64 system_v', ref('(i64) -> i64 tail')),
      /%f is system_v/,
    ],
    ['tail-call', body('return_call fn0(v0)', undefined, ref('(i64) -> i32 tail')), /result types/],
    [
      'exception',
      body(
        'try_call fn0(v0), sig0, block1(exn0), []\nblock1(v1: i64):\nreturn v1',
        undefined,
        ref('(i64) -> i64 tail'),
      ),
      /exn0 cannot stand/,
    ],
    [
      'exception',
      body(
        'try_call fn0(v0), sig0, block1(ret1), []\nblock1(v1: i64):\nreturn v1',
        undefined,
        ref('(i64) -> i64 tail'),
      ),
      /no ret1/,
    ],
    [
      'exception',
      body(
        'try_call fn0(v0), sig0, block1(ret0), []\nblock1(v1: i64):\nreturn v1',
        undefined,
        ref('(i64) -> i64 fast'),
      ),
      /cannot call a fast/,
    ],
    ['exception', body('jump block1(ret0)\nblock1(v1: i64):\nreturn v1'), /only in a try_call/],
    ...[
      { block: 0, index: 0, message: /the handlers of the entry block have no address/ },
      { block: 1, index: 1, message: /there is no handler 1/ },
      { block: 2, index: 0, message: /block2 does not end in a try_call/ },
    ].map(({ block, index, message }): readonly [ProblemKind, string, RegExp] => [
      'structure',
      body(
        `v2 = get_exception_handler_address.i64 block${block}, ${index}
try_call fn0(v0), sig0, block1, [ default: block2(exn0) ]
block1:
try_call fn0(v0), sig0, block2(v0), [ default: block2(exn0) ]
block2(v1: i64):
return v1`,
        undefined,
        ref('(i64) -> i64 tail'),
      ),
      message,
    ]),
  ];
  it.each(table)('of kind %s in %j', (kind, text, message) => {
    const options = { allowExternals: kind !== 'external' };
    const found = problemsOf(text, options).filter((problem) => problem.kind === kind);
    expect(found.map((problem) => problem.text)).toEqual([expect.stringMatching(message)]);
    expect(problemsOf(text, options).length).toBe(found.length);
  });

  it('is none in loops and diamonds whose values dominate their uses', () => {
    const text = body(
      `v9 = iadd v0, v0
    jump block1(v0)
block1(v1: i64):
    brif v1, block2, block3
block2:
    v2 = iadd v9, v1
    jump block4(v2)
block3:
    jump block4(v0)
block4(v3: i64):
    brif v3, block1(v3), block5
block5:
    v4 = isub v3, v9
    return v4
block6:
    v5 = isub v6, v9
    return v5
block7:
    v6 = iconst.i64 1
    return v6`.replace('isub v6', 'isub.i64 v6'),
    );
    expect(problemsOf(text)).toEqual([]);
  });
});

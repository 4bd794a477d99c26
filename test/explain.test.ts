import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CRANELIFT } from '../src/backend/driver-build.ts';
import { readCases } from '../src/campaign/case-files.ts';
import { openEnvironment, readKnownIssues } from '../src/campaign/environment.ts';
import { explainCase, openExplainTools } from '../src/campaign/explain-case.ts';
import { openStation, type Station } from '../src/campaign/station.ts';
import type { Case } from '../src/clif/case.ts';
import { caseFromClif } from '../src/corpus/entry-case.ts';
import { explanationHtml } from '../src/report/explain-html.ts';
import type {
  ExplainedCall,
  ExplainedCheck,
  ExplainedCode,
  Explanation,
} from '../src/report/explain-model.ts';
import { explanationLines } from '../src/report/explain-text.ts';
import { ROOT } from './callfuzz-process.ts';

let station: Station;
let tools: Awaited<ReturnType<typeof openExplainTools>>;

beforeAll(async () => {
  const quiet = (): void => undefined;
  const environment = await openEnvironment({
    cranelift: DEFAULT_CRANELIFT,
    hasVeneers: true,
    onProgress: quiet,
  });
  station = await openStation(environment);
  const knownIssues = readKnownIssues(join(ROOT, 'known-issues'));
  tools = await openExplainTools({ environment, station, knownIssues }, quiet);
}, 900_000);

afterAll(async () => {
  await tools.close();
  await station.close();
});

/** The case of the one entry in `corpus/` whose file has this name. */
function entryCase(name: string): Case {
  const named = readCases(join(ROOT, 'corpus')).find(({ file }) => file.endsWith(`/${name}.clif`));
  if (named === undefined) throw new Error(`no corpus entry ${name}`);
  return named.case;
}

async function explainText(text: string): Promise<Explanation> {
  const [kase] = caseFromClif(text, 'test.clif');
  if (kase === undefined) throw new Error('no case in the text');
  return explainCase(tools, 'test', kase);
}

function callOf(explanation: Explanation, caller: string, index = 0): ExplainedCall {
  const call = explanation.functions.find(({ name }) => name === caller)?.calls[index];
  if (call === undefined) throw new Error(`no call ${index} in ${caller}`);
  return call;
}

/** `a0 i64`, `stack+0 f16`: where values go, in order. */
function placesOf(call: ExplainedCall): readonly string[] {
  return call.caller.places.map(({ role, place, type }) => `${role} ${type} ${place}`);
}

function verdictsOf(checks: readonly ExplainedCheck[]): Readonly<Record<string, string>> {
  return Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
}

function brokenIn(checks: readonly ExplainedCheck[]): readonly string[] {
  return checks.flatMap(({ name, verdict, detail }) => (verdict === 'broken' ? [`${name}: ${detail}`] : []));
}

const markedIn = (code: ExplainedCode): readonly string[] =>
  code.marked.map((line) => code.lines[line] ?? '');

function resultOf(explanation: Explanation, variation: string): string | undefined {
  return explanation.variations.find(({ name }) => name === variation)?.result;
}

describe('the entry whose fs1 is not restored', () => {
  let explanation: Explanation;
  beforeAll(async () => {
    explanation = await explainCase(tools, 'fs1', entryCase('fs1-not-callee-saved'));
  });

  it('is entered by the rules but for fs1', () => {
    const main = explanation.functions.find(({ name }) => name === '%main');
    expect(main?.signature.places.map(({ place }) => place)).toEqual(['fa0', 'fa0']);
    expect(main?.calls).toEqual([]);
    const broken = brokenIn(main?.entered ?? []);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(/^callee-saved registers.*: fs1 is 0x[0-9a-f]+ instead of 0x[0-9a-f]+$/);
    // What the prologue saves, from Cranelift's own unwind information: all it uses but fs1.
    expect(main?.frame.join()).toContain('fs0 at CFA');
    expect(main?.frame.join()).not.toMatch(/\bfs1 at CFA/);
  });

  it('agrees where optimisation leaves fewer values alive', () => {
    expect(resultOf(explanation, 'opt_level=speed')).toBe('agree');
    expect(resultOf(explanation, 'regalloc_algorithm=single_pass')).toContain('fs1 not restored');
    expect(resultOf(explanation, 'indirect calls for direct')).toMatch(/^not applicable/);
  });
});

describe('the entry whose far half store takes one register twice', () => {
  let explanation: Explanation;
  beforeAll(async () => {
    explanation = await explainCase(tools, 'half', entryCase('f16-tail-argument-far'));
  });

  it('shows the argument that does not arrive, and where it goes', () => {
    const call = callOf(explanation, '%main');
    expect(call.target).toBe('u0:0');
    expect(placesOf(call).at(-2)).toBe('argument f16 stack+0');
    expect(call.caller.lines).toContain('the callee pops 16 bytes: sp is that much higher after the call');
    const broken = brokenIn(call.checks);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(
      /^arguments arrive: v1 is 0x0, the callee reads 0x[0-9a-f]+ as its v8 \(f16\)$/,
    );
    expect(verdictsOf(call.checks)).toMatchObject({
      'sp is a multiple of 16': 'ok',
      'the call declares what the callee is': 'ok',
      'sp after the call': 'not applicable',
    });
  });

  it('shows the tail call in each form of the code', () => {
    const call = callOf(explanation, '%main');
    expect(markedIn(call.clif)).toEqual(['  return_call fn0(v0, v0, v0, v0, v0, v0, v0, v0, v1)']);
    expect(markedIn(call.vcode)[0]).toContain('return_call');
    expect(markedIn(call.disassembly)[0]).toMatch(/jr t6|jalr zero,t6/);
    // The fault itself: one register as value and as address.
    expect(call.disassembly.lines.join('\n')).toMatch(/\bsh t6,\d+\(t6\)/);
    expect(call.nativeDisassembly.lines.length).toBeGreaterThan(3);
  });

  it('agrees without the tail call, and with extensions that store halves', () => {
    expect(resultOf(explanation, 'calls for tail calls')).toBe('agree');
    expect(resultOf(explanation, 'every convention system_v')).toBe('agree');
    expect(resultOf(explanation, 'every ISA flag that can be run here')).toBe('agree');
    expect(resultOf(explanation, 'opt_level=speed')).toContain('known issue far-half-store');
  });
});

describe('the entry whose narrow float result is spilled', () => {
  let explanation: Explanation;
  beforeAll(async () => {
    explanation = await explainCase(tools, 'spilled', entryCase('f32-result-spilled'));
  });

  it('shows the results, the hidden pointer, and the one that is not boxed', () => {
    const call = callOf(explanation, '%main');
    expect(placesOf(call)).toEqual(['result f32 fa0', 'result f32 fa1', 'result f32 return area+0']);
    expect(call.caller.places.map(({ notes }) => notes.join())).toEqual(['NaN-boxed', 'NaN-boxed', '']);
    const broken = brokenIn(call.checks);
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(
      /NaN-boxing of results: v2 \(f32\) goes to its spill slot as 0x0, not NaN-boxed/,
    );
    expect(verdictsOf(call.checks)).toMatchObject({
      'the hidden return pointer is in a0': 'ok',
      'callee-saved registers, gp and tp come back': 'ok',
      'sp after the call': 'ok',
      'the frame is as large as Cranelift says': 'ok',
    });
  });

  it('marks the call in CLIF, VCode and disassembly of both ISAs', () => {
    const call = callOf(explanation, '%main');
    expect(markedIn(call.clif)).toEqual(['  v0, v1, v2 = call fn0()']);
    expect(markedIn(call.vcode)[0]).toMatch(/^\s*call /);
    expect(markedIn(call.disassembly)[0]).toMatch(/: jalr ra/);
    expect(markedIn(call.nativeVcode)[0]).toMatch(/^\s*call /);
    expect(markedIn(call.nativeDisassembly)[0]).toMatch(/: call 0x/);
  });

  it('agrees under the other allocator and without the return area', () => {
    expect(resultOf(explanation, 'regalloc_algorithm=backtracking')).toBe('agree');
    expect(resultOf(explanation, 'results through an explicit out-pointer')).toBe('agree');
    expect(resultOf(explanation, 'out-pointers and implicit return area off')).toBe('agree');
    expect(resultOf(explanation, 'one result only, the first')).toBe('agree');
    expect(resultOf(explanation, 'indirect calls for direct')).toContain('narrow-float-result-spilled');
  });

  it('is printed with each of its sections', () => {
    const lines = explanationLines(explanation);
    for (const title of ['invariants', 'live across the call', 'VCode on x86_64', 'the call may overwrite'])
      expect(lines).toContain(`  ${title}`);
    expect(lines).toContain('    result v2: f32 in return area+0');
    expect(lines.some((line) => /^ {2}regalloc_algorithm=backtracking +agree$/.test(line))).toBe(true);
  });

  it('is HTML that needs nothing from outside', () => {
    const html = explanationHtml({ ...explanation, title: '<script>"&\'' });
    expect(html).toContain('<h2>&lt;script&gt;&quot;&amp;&#39;</h2>');
    expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|on\w+=/);
    const opened = [...html.matchAll(/<(section|div|table|tr|td|th|ul|li|pre|mark|h\d|p|code|style)\b/g)];
    const closed = [...html.matchAll(/<\/(section|div|table|tr|td|th|ul|li|pre|mark|h\d|p|code|style)>/g)];
    expect(opened.length).toBe(closed.length);
    expect(html.startsWith('<section class="callfuzz">')).toBe(true);
    expect(html).toContain('<td class="broken">broken</td>');
  });
});

/** Everything that may be live across a call; the callee overwrites all it may. */
const LIVE = `test run
set enable_multi_ret_implicit_sret=true
target riscv64 has_v

function %g(i64, i64, i64, i64, i64, i64, i64, i128, i8 sext, f32) -> i64 system_v {
block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64, v6: i64, v7: i128, v8: i8, v9: f32):
    v10, v11 = isplit v7
    v12 = iadd v10, v11
    v13 = sextend.i64 v8
    v14 = iadd v12, v13
    v15 = bitcast.i32 v9
    v16 = uextend.i64 v15
    v17 = iadd v14, v16
    return v17
}

function %main(i64, f64, i8x16, i128) -> i64, f64, i8x16, i128, i64 system_v {
    ss0 = explicit_slot 16
    sig0 = (i64, i64, i64, i64, i64, i64, i64, i128, i8 sext, f32) -> i64 system_v
    fn0 = colocated %g sig0
block0(v0: i64, v1: f64, v2: i8x16, v3: i128):
    v4 = iconst.i64 77
    v5 = iconst.i8 -3
    v6 = f32const 0x1.8p0
    v7 = stack_addr.i64 ss0
    store v0, v7
    v8 = call fn0(v0, v0, v0, v0, v0, v0, v0, v3, v5, v6)
    v9 = load.i64 v7
    v10 = iadd v8, v9
    v11 = iadd v10, v4
    return v11, v1, v2, v3, v0
}
; run: %main(5, 0x1.0p0, 0x00000000000000000000000000000001, 3) == [1069547607, 0x1.0p0, 0x00000000000000000000000000000001, 3, 5]
`;

describe('values live across a call', () => {
  let explanation: Explanation;
  beforeAll(async () => {
    explanation = await explainText(LIVE);
  });

  it('agrees, with no invariant broken', () => {
    expect(explanation.verdict).toBe('agree');
    const checks = explanation.functions.flatMap((fn) => [
      ...fn.entered,
      ...fn.calls.flatMap((c) => c.checks),
    ]);
    expect(brokenIn(checks)).toEqual([]);
    expect(verdictsOf(callOf(explanation, '%main').checks)).toEqual({
      'the call declares what the callee is': 'ok',
      'caller and callee agree on the stack': 'ok',
      'sp is a multiple of 16': 'ok',
      'arguments arrive': 'ok',
      'extension and NaN-boxing of arguments': 'ok',
      'the hidden return pointer is in a0': 'not applicable',
      'the frame is as large as Cranelift says': 'ok',
      'live values are kept where the call does not reach': 'ok',
      'sp after the call': 'ok',
      'callee-saved registers, gp and tp come back': 'ok',
      'live values are the same after the call': 'ok',
      'results arrive': 'ok',
      'extension and NaN-boxing of results': 'not applicable',
    });
  });

  it('splits an argument between register and memory', () => {
    const places = callOf(explanation, '%main').caller.places;
    expect(places[7]).toMatchObject({
      type: 'i128',
      place: 'a7 bits 0 to 63 and stack+0 bits 64 to 127',
      notes: ['split between register and memory'],
    });
    expect(places[8]).toMatchObject({ type: 'i8', place: 'stack+8', notes: ['sext to 64 bits'] });
    expect(places[9]).toMatchObject({ type: 'f32', place: 'fa0', notes: ['NaN-boxed'] });
  });

  it('says where each is kept, or that it is made again', () => {
    const kept = Object.fromEntries(
      callOf(explanation, '%main').live.map(({ name, place }) => [name, place]),
    );
    expect(Object.keys(kept)).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v7']);
    expect(kept['v0']).toMatch(/^s\d+$/);
    expect(kept['v1']).toMatch(/^fs\d+$/);
    expect(kept['v2']).toMatch(/^spill slot at sp\+\d+ \(CFA-\d+\)$/);
    expect(kept['v3']).toMatch(/^in two registers or slots/);
    expect(kept['v4']).toBe('constant, made again where it is used');
    expect(kept['v7']).toBe('an address in the frame, made again where it is used');
  });
});

describe('a constant that optimisation makes anew', () => {
  it('is not told to be kept in the argument register it was passed in', async () => {
    const explanation = await explainText(`test run
set opt_level=speed
target riscv64

function %g(i64, i8) -> i64 system_v {
block0(v0: i64, v1: i8):
    v2 = uextend.i64 v1
    v3 = iadd v0, v2
    return v3
}

function %main(i64) -> i64 system_v {
    sig0 = (i64, i8) -> i64 system_v
    fn0 = colocated %g sig0
block0(v0: i64):
    v1 = iconst.i8 -1
    v2 = call fn0(v0, v1)
    v3 = ireduce.i8 v2
    v4 = call fn0(v2, v3)
    v5 = iadd v4, v2
    brif v5, block1, block2
block1:
    v6 = call fn0(v5, v1)
    return v6
block2:
    return v5
}
; run: %main(5) == 783
`);
    expect(explanation.verdict).toBe('agree');
    const call = callOf(explanation, '%main');
    expect(call.live.map(({ name, place }) => `${name}: ${place}`)).toEqual([
      'v1: constant, made again where it is used',
    ]);
    expect(brokenIn(call.checks)).toEqual([]);
  });
});

describe('a try_call', () => {
  it('shows its handlers, their contexts, and that a tail callee keeps nothing', async () => {
    const explanation = await explainText(`test run
target riscv64

function %g(i64) -> i64 tail {
block0(v0: i64):
    return v0
}

function %main(i64) -> i64 system_v {
    sig0 = (i64) -> i64 tail
    fn0 = colocated %g sig0
block0(v0: i64):
    v5 = iadd v0, v0
    try_call fn0(v0), sig0, block1(ret0), [ tag5: block2(exn0), context v5, default: block2(exn0) ]
block1(v1: i64):
    v6 = iadd v1, v5
    return v6
block2(v2: i64):
    return v2
}
; run: %main(5) == 15
`);
    const call = callOf(explanation, '%main');
    expect(call.clobbers).toEqual([
      'every x, f and v register: a tail callee of a try_call keeps none on the way to a handler',
    ]);
    expect(call.handlers).toHaveLength(3);
    expect(call.handlers[0]).toMatch(/^tag5 at [0-9a-f]+$/);
    expect(call.handlers[1]).toMatch(/^default at [0-9a-f]+, context in sp\+\d+$/);
    expect(call.handlers[2]).toMatch(/^sp lies \d+ bytes below fp$/);
    expect(call.live.map(({ name }) => name)).toEqual(['v5']);
    // The same place from two sources: value labels and the handler's context.
    const context = /sp\+\d+/.exec(call.handlers[1] ?? '')?.[0];
    expect(call.live[0]?.place).toMatch(/^spill slot at sp\+\d+ \(CFA-\d+\)$/);
    expect(/sp\+\d+/.exec(call.live[0]?.place ?? '')?.[0]).toBe(context);
    expect(resultOf(explanation, 'calls for try_calls')).toBe('agree');
  });
});

describe('the module of issue 11133', () => {
  const text = readFileSync(join(ROOT, 'test/explain/issue-11133.clif'), 'utf8');

  it('is told to be invalid, with the places of both sides, and mended', async () => {
    const explanation = await explainText(text);
    expect(explanation.verdict).toMatch(/^invalid: call in %main declares tail, u1:0 is system_v/);
    expect(explanation.problems).toHaveLength(1);
    const call = callOf(explanation, '%main');
    expect(placesOf(call)).toEqual(['argument i64 a0', 'argument i64 a1', 'argument i8x16 stack+0']);
    expect(call.caller.text).toMatch(/tail$/);
    expect(call.callee?.text).toMatch(/system_v$/);
    expect(call.callee?.places.map(({ place }) => place)).toEqual(['a0', 'a1', 'stack+0']);
    expect(call.callee?.lines.join()).not.toContain('pops');
    const broken = brokenIn(call.checks);
    expect(broken[0]).toMatch(/^the call declares what the callee is: the call says tail, u1:0 is system_v/);
    expect(broken[1]).toContain('the call counts on 16 bytes popped and the callee pops 0');
    expect(broken).toHaveLength(2);
    expect(verdictsOf(call.checks)['sp after the call']).toBe('not applicable');
    expect(call.live.map(({ name, place }) => `${name} ${place.slice(0, 10)}`)).toEqual(['v11 spill slot']);
    expect(resultOf(explanation, "each call by its callee's convention")).toBe('agree');
    expect(resultOf(explanation, 'vectors as integer pieces')).toBe('agree');
  });
});

/** An exception that `u0:0` throws: `%main` catches tag 1, so that with tag 2 the run ends inside the throw. */
function throwing(tag: number): string {
  return `test run
set preserve_frame_pointers=true
target riscv64

function u0:0() system_v {
    sig0 = (i64, i64, i64, i32, i64, i64, i64) system_v
    fn0 = colocated %callfuzz_throw_to sig0

block0:
    v0 = iconst.i64 0
    v1 = iconst.i32 ${tag}
    v2 = iconst.i64 9223372036854775792
    v3 = get_frame_pointer.i64
    call fn0(v2, v3, v0, v1, v0, v0, v0)
    return
}

function u0:1(i64) -> i64 system_v {
block0(v0: i64):
    return v0
}

function %main(i64) -> i64 system_v {
    sig0 = () system_v
    sig1 = (i64) -> i64 system_v
    fn0 = colocated u0:0 sig0
    fn1 = colocated u0:1 sig1

block0(v0: i64):
    try_call fn0(), sig0, block1, [ tag1: block2 ]

block1:
    return v0

block2:
    v1 = call fn1(v0)
    return v1
}
; run: %main(7) == 7
; run: %main(9) == 9
`;
}

describe('a case that throws', () => {
  it('goes on at the handler', async () => {
    const explanation = await explainText(throwing(1));
    const calls = explanation.functions.flatMap((fn) => fn.calls);
    expect(calls.flatMap(({ checks }) => brokenIn(checks))).toEqual([]);
    const handled = callOf(explanation, '%main', 1);
    expect(verdictsOf(handled.checks)).toMatchObject({ 'arguments arrive': 'ok', 'results arrive': 'ok' });
  });

  it('may end in the throw, and the next run is no callee of it', async () => {
    const explanation = await explainText(throwing(2));
    const thrown = callOf(explanation, 'u0:0');
    expect(brokenIn(thrown.checks)).toEqual([]);
    expect(verdictsOf(thrown.checks)).toMatchObject({
      'arguments arrive': 'not applicable',
      'sp is a multiple of 16': 'ok',
    });
  });
});

import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { functionNameText, type Function, type Inst } from '../clif/module.ts';
import { throwRoutineNamed, UNCAUGHT } from '../clif/throw-routine.ts';
import { typeInfo, type Type } from '../clif/type.ts';
import { interpret } from '../oracle/interpret.ts';
import { prepare } from '../oracle/prepare.ts';
import { makeCase } from './case-arbitrary.ts';
import { caseSeedFor, findProfile } from './profiles.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';
import { NARROW_VECTORS, WIDE_VECTORS } from '../clif/vector-types.ts';

/** What single profiles are for, each with how often it has to come up in this many cases. */
const CASES = 300;

function casesOf(profile: string, count = CASES): readonly Case[] {
  const config = findProfile(profile)?.config;
  if (config === undefined) throw new Error(`no profile ${profile}`);
  return Array.from({ length: count }, (_, i) =>
    makeCase(config, SAMPLE_ABILITIES, caseSeedFor('breadth', profile, i)),
  );
}

function functionsOf(cases: readonly Case[]): readonly Function[] {
  return cases.flatMap((kase) => kase.module.functions);
}

function instsOf(fn: Function): readonly Inst[] {
  return fn.blocks.flatMap((block) => block.insts);
}

function typesIn(cases: readonly Case[]): ReadonlySet<Type> {
  const signatures = functionsOf(cases).flatMap((fn) => [...fn.signature.params, ...fn.signature.returns]);
  return new Set(signatures.map((param) => param.type));
}

/** Calls of each way and convention: `try_call tail`. */
function countCalls(cases: readonly Case[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const add = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
  };
  for (const fn of functionsOf(cases)) {
    for (const inst of instsOf(fn)) {
      if (inst.kind === 'br_table') add('br_table');
      if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') {
        add(`${inst.op} ${fn.sigRefs.get(inst.table.sig)?.callConv ?? 'nothing'}`);
        if (inst.table.handlers.length === 0) add('no handlers');
        for (const handler of inst.table.handlers) add(handler.kind);
      } else if (inst.kind === 'call' || inst.kind === 'call_indirect') {
        const ref = inst.kind === 'call' ? fn.funcRefs.get(inst.func) : undefined;
        const sig = inst.kind === 'call' ? (ref?.sig ?? -1) : inst.sig;
        add(`${inst.op} ${fn.sigRefs.get(sig)?.callConv ?? 'nothing'}`);
        if (ref?.patchable === true) add('patchable');
        const name = ref === undefined ? '' : functionNameText(ref.name);
        if (name === functionNameText(fn.name)) add(`${inst.op} itself`);
        if (throwRoutineNamed(name) !== null) add('throw');
      }
    }
  }
  return counts;
}

function expectAtLeast(counts: ReadonlyMap<string, number>, wanted: readonly string[], least: number): void {
  expect(wanted.filter((what) => (counts.get(what) ?? 0) < least)).toEqual([]);
}

/** Words that a call declares in another type than the callee has. */
function countOtherViews(cases: readonly Case[]): { readonly params: number; readonly results: number } {
  let params = 0;
  let results = 0;
  for (const { module } of cases) {
    const definitions = new Map(module.functions.map((fn) => [functionNameText(fn.name), fn.signature]));
    for (const fn of module.functions) {
      for (const ref of fn.funcRefs.values()) {
        const declared = fn.sigRefs.get(ref.sig);
        const actual = definitions.get(functionNameText(ref.name));
        if (declared === undefined || actual === undefined) continue;
        params += declared.params.filter((p, i) => p.type !== actual.params[i]?.type).length;
        results += declared.returns.filter((p, i) => p.type !== actual.returns[i]?.type).length;
      }
    }
  }
  return { params, results };
}

describe('default', () => {
  const cases = casesOf('default', 700);
  const counts = countCalls(cases);

  it('calls every convention in every way that it allows', () => {
    const conventions = ['preserve_all', 'windows_fastcall', 'apple_aarch64'];
    expectAtLeast(
      counts,
      conventions.flatMap((name) => [`call ${name}`, `call_indirect ${name}`]),
      5,
    );
    const catching = ['system_v', 'tail', 'preserve_all'];
    expectAtLeast(
      counts,
      catching.flatMap((name) => [`try_call ${name}`, `try_call_indirect ${name}`]),
      2,
    );
    // Cranelift's verifier refuses these, and riscv64 panics at apple_aarch64 (declined.ts).
    for (const name of ['fast', 'windows_fastcall', 'apple_aarch64', 'winch', 'probestack']) {
      expect(counts.get(`try_call ${name}`)).toBeUndefined();
      expect(counts.get(`try_call_indirect ${name}`)).toBeUndefined();
    }
  });

  it('has handlers of every kind, patchable calls, br_table and functions that call themselves', () => {
    expectAtLeast(counts, ['no handlers', 'tag', 'default', 'context', 'patchable', 'br_table'], 10);
    expectAtLeast(counts, ['call itself', 'return_call itself'], 2);
  });

  it('sees words of other signatures wider and narrower', () => {
    const views = countOtherViews(cases);
    expect(views.params).toBeGreaterThan(20);
    expect(views.results).toBeGreaterThan(5);
  });
});

describe('vectors', () => {
  it('holds every vector of up to 128 bits', () => {
    const types = typesIn(casesOf('vectors'));
    expect(NARROW_VECTORS.filter((type) => !types.has(type))).toEqual([]);
  });
});

describe('wide-vectors', () => {
  it('holds every longer vector, none without the flags that promise its length', () => {
    const cases = casesOf('wide-vectors');
    const types = typesIn(cases);
    expect(WIDE_VECTORS.filter((type) => !types.has(type))).toEqual([]);
    for (const { module, configurations, seed } of cases) {
      const bits = module.functions
        .flatMap((fn) => fn.valueTypes)
        .map((type) => (type?.includes('x') === true ? typeInfo(type).bits : 0));
      const longest = bits.reduce((most, one) => Math.max(most, one), 0);
      for (const { isa } of configurations) {
        const promised = isa.map((flag) => Number(/^has_zvl(\d+)b$/.exec(flag)?.[1] ?? 0));
        expect(Math.max(128, ...promised), seed).toBeGreaterThanOrEqual(longest);
      }
    }
  });
});

describe('exceptions', () => {
  const cases = casesOf('exceptions');

  it('throws and catches', () => {
    expectAtLeast(countCalls(cases), ['throw', 'try_call tail', 'try_call_indirect preserve_all'], 40);
    // Whoever catches goes on: without handlers the same runs end otherwise.
    const uncaught = (kase: Case): number => {
      const program = prepare(kase.module);
      return kase.inputs.filter((input) => {
        const outcome = interpret(program, kase.entry, input);
        return isDeepStrictEqual(outcome, UNCAUGHT);
      }).length;
    };
    const total = (list: readonly Case[]): number => list.reduce((sum, kase) => sum + uncaught(kase), 0);
    const [caught, all] = [total(cases), total(cases.map(withoutHandlers))];
    expect(all - caught).toBeGreaterThan(20);
  });

  it('keeps frame pointers where it throws', () => {
    for (const { module, configurations, seed } of cases) {
      const asks = module.functions.some((fn) => instsOf(fn).some((i) => i.op === 'get_frame_pointer'));
      if (!asks) continue;
      for (const { shared } of configurations) expect(shared['preserve_frame_pointers'], seed).toBe('true');
    }
  });
});

function withoutHandlers(kase: Case): Case {
  const strip = (inst: Inst): Inst =>
    inst.kind === 'try_call' || inst.kind === 'try_call_indirect'
      ? { ...inst, table: { ...inst.table, handlers: [] } }
      : inst;
  const functions = kase.module.functions.map((fn) => ({
    ...fn,
    blocks: fn.blocks.map((block) => ({ ...block, insts: block.insts.map(strip) })),
  }));
  return { ...kase, module: { functions } };
}

describe('frames', () => {
  it('go past every limit up to 64 KiB', () => {
    const sizes = functionsOf(casesOf('frames')).map((fn) =>
      [...fn.stackSlots.values()].reduce((sum, slot) => sum + slot.sizeBytes, 0),
    );
    for (const limit of [0, 2048, 4096, 8192, 16_384, 32_768, 65_536]) {
      expect(sizes.filter((size) => size >= limit).length, `${limit}`).toBeGreaterThan(2);
    }
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(20);
  });
});

describe('preserve-all', () => {
  it('is the convention of most callees and of some entries, which give nothing back', () => {
    const cases = casesOf('preserve-all');
    const all = functionsOf(cases).filter((fn) => fn.signature.callConv === 'preserve_all');
    expect(all.length).toBeGreaterThan(CASES);
    expect(all.every((fn) => fn.signature.returns.length === 0)).toBe(true);
    const entries = cases.map((kase) => kase.module.functions.at(-1)?.signature.callConv);
    expect(entries.filter((name) => name === 'preserve_all').length).toBeGreaterThan(10);
  });
});

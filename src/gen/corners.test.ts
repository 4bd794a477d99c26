import { describe, expect, it } from 'vitest';
import type { Case } from '../clif/case.ts';
import { checkModule } from '../clif/check.ts';
import {
  blockCallsOf,
  findFunction,
  isReturnCall,
  signatureOfCall,
  slotBytes,
  type ExceptionHandler,
  type Function,
} from '../clif/module.ts';
import { layoutSignature } from '../abi/layout.ts';
import { liveAcross } from '../clif/liveness.ts';
import type { CallConv, Signature } from '../clif/signature.ts';
import { typeInfo, valueClassOf, type Type } from '../clif/type.ts';
import { outcomeText } from '../compare/outcomes.ts';
import { interpret } from '../oracle/interpret.ts';
import { DEFAULT_SPACE, OTHER_SPACE } from '../oracle/address-space.ts';
import { prepare } from '../oracle/prepare.ts';
import { makeCase } from './case-arbitrary.ts';
import { DEFAULT_CONFIG, type Config } from './config.ts';
import { withCorner } from './corners.ts';
import { findProfile } from './profiles.ts';
import { SAMPLE_ABILITIES } from './sample-abilities.ts';

const SEEDS = Array.from({ length: 3000 }, (_, i) => `${i.toString(16).padStart(8, '0')}00000000`);

/** The cases of the corner that `isOf` tells by what it made of the configuration. */
function casesWhere(isOf: (config: Config) => boolean): readonly Case[] {
  return SEEDS.flatMap((seed) => {
    const config = withCorner(DEFAULT_CONFIG, seed);
    return isOf(config) ? [makeCase(config, SAMPLE_ABILITIES, seed)] : [];
  });
}

function functionsOf(cases: readonly Case[]): readonly Function[] {
  return cases.flatMap(({ module }) => module.functions);
}

/** Of every try_call. */
function handlerLists(
  functions: readonly Function[],
): readonly { readonly handlers: readonly ExceptionHandler[]; readonly callConv: CallConv | undefined }[] {
  return functions.flatMap((fn) =>
    fn.blocks.flatMap(({ insts }) =>
      insts.flatMap((inst) =>
        inst.kind === 'try_call' || inst.kind === 'try_call_indirect'
          ? [{ handlers: inst.table.handlers, callConv: fn.sigRefs.get(inst.table.sig)?.callConv }]
          : [],
      ),
    ),
  );
}

describe('corners', () => {
  it('are for few seeds, none of which aims at a cell', () => {
    const bent = SEEDS.filter((seed) => withCorner(DEFAULT_CONFIG, seed) !== DEFAULT_CONFIG);
    expect(bent.length).toBe(850);
    for (const seed of bent) expect(Number.parseInt(seed.slice(0, 8), 16) % 100).toBeGreaterThanOrEqual(40);
  });

  it('are none where signatures are those of C', () => {
    const asInC = { ...DEFAULT_CONFIG, asInC: true };
    expect(SEEDS.every((seed) => withCorner(asInC, seed) === asInC)).toBe(true);
  });

  it('have handlers behind contexts, of calls after which nothing is left in registers', () => {
    const functions = functionsOf(casesWhere((config) => config.throwingCases === 100));
    const tables = handlerLists(functions);
    for (const convention of ['tail', 'preserve_all']) {
      const such = tables.filter(({ callConv }) => callConv === convention);
      const behind = such.filter(({ handlers }) => handlers.some(({ kind }) => kind === 'context'));
      expect(behind.length, convention).toBeGreaterThan(50);
    }
  });

  it('have leaves that hold the frame pointer of their caller against their own', () => {
    const functions = functionsOf(casesWhere((config) => config.throwingCases === 100));
    const leaves = functions.filter((fn) => {
      const insts = fn.blocks.flatMap((block) => block.insts);
      return fn.funcRefs.size === 0 && insts.some(({ op }) => op === 'get_frame_pointer');
    });
    expect(leaves.length).toBeGreaterThan(12);
  });

  it('have functions that read their frame record', () => {
    const functions = functionsOf(casesWhere((config) => config.throwingCases === 100));
    const reading = functions.filter((fn) => {
      const insts = fn.blocks.flatMap((block) => block.insts);
      const frames = new Set(insts.flatMap(({ op, results }) => (op === 'get_frame_pointer' ? results : [])));
      return insts.some(({ op, args }) => op === 'load' && args.some((arg) => frames.has(arg)));
    });
    expect(reading.length).toBeGreaterThan(12);
  });

  it('have contexts among more integers than there are callee-saved registers', () => {
    const functions = functionsOf(casesWhere((config) => config.pressureClasses.includes('int')));
    const crowded = functions.filter((fn) =>
      [...liveAcross(fn, (inst) => inst.kind === 'try_call' || inst.kind === 'try_call_indirect')].some(
        ([inst, values]) =>
          (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') &&
          inst.table.handlers.some(({ kind }) => kind === 'context') &&
          values.filter((value) => valueClassOf(fn.valueTypes[value] ?? 'i128') === 'int').length > 11,
      ),
    );
    expect(crowded.length).toBeGreaterThan(5);
  });

  it('have functions with a limit that do nothing but leave', () => {
    const functions = functionsOf(casesWhere((config) => config.relays > 0));
    const relays = functions.filter((fn) => {
      const calls = fn.blocks.flatMap(({ insts }) => insts.filter(({ op }) => op.includes('call')));
      return fn.blocks.length === 1 && calls.length === 1 && calls[0]?.op.startsWith('return_call') === true;
    });
    expect(relays.length).toBeGreaterThan(10);
    expect(relays.filter((fn) => fn.stackLimit !== null).length).toBeGreaterThan(1);
  });

  it('have no limit near a frame that gives way to the one it is for', () => {
    const limited = withCorner(DEFAULT_CONFIG, (48).toString(16).padStart(8, '0'));
    expect(limited.nearStackLimits).toBeGreaterThan(0);
    const config: Config = {
      ...limited,
      callConvs: [{ item: 'tail', weight: 1 }],
      recursiveFunctions: 80,
      highStackLimits: 100,
      nearStackLimits: 100,
    };
    for (let i = 0; i < 150; i += 1) {
      const kase = makeCase(config, SAMPLE_ABILITIES, `near ${i}`);
      const [here, elsewhere] = [DEFAULT_SPACE, OTHER_SPACE].map((space) => {
        const program = prepare(kase.module, space);
        return kase.inputs.map((input) => outcomeText(interpret(program, kase.entry, input)));
      });
      expect(elsewhere, kase.seed).toEqual(here);
    }
  });

  it('have limits that wrap around, and functions without slots that have one', () => {
    const functions = functionsOf(casesWhere((config) => config.nearStackLimits > 0));
    const limited = functions.filter((fn) => fn.stackLimit !== null);
    expect(limited.filter((fn) => slotBytes(fn) >= 0x8000).length).toBeGreaterThan(2);
    expect(limited.filter((fn) => fn.stackSlots.size === 0).length).toBeGreaterThan(5);
    const inLast = limited.filter(({ signature }) => {
      const vmctx = signature.params.findIndex(({ purpose }) => purpose.kind === 'vmctx');
      const place = layoutSignature(signature, { implicitReturnArea: true }).params[vmctx]?.parts[0]?.place;
      expect(place?.kind).toBe('x');
      return place?.kind === 'x' && place.register === 17;
    });
    expect(inLast.length).toBeGreaterThan(0);
  });

  it('have vectors of more than 128 bits, but not where there are no vectors', () => {
    const isLong = ({ vectorBits }: Config): boolean => vectorBits.some(({ item }) => item > 128);
    const functions = functionsOf(casesWhere(isLong));
    const passed = functions.flatMap(({ signature }) => [...signature.params, ...signature.returns]);
    expect(passed.filter(({ type }) => typeInfo(type).bits > 128).length).toBeGreaterThan(50);
    const scalars = { ...DEFAULT_CONFIG, vectorCases: 0 };
    expect(SEEDS.some((seed) => isLong(withCorner(scalars, seed)))).toBe(false);
  });

  it('have frames past 64 KiB', () => {
    const functions = functionsOf(casesWhere((config) => config.slotSizes !== DEFAULT_CONFIG.slotSizes));
    expect(functions.filter((fn) => slotBytes(fn) > 0x8000).length).toBeGreaterThan(10);
    expect(functions.filter((fn) => slotBytes(fn) > 0x1_0000).length).toBeGreaterThan(4);
  });

  it('have tail calls that enlarge the argument area by more than 512 bytes', () => {
    const growths = functionsOf(casesWhere((config) => config.tailCalls > DEFAULT_CONFIG.tailCalls)).flatMap(
      (fn) => {
        const bytesOf = (signature: Function['signature']): number =>
          layoutSignature(signature, { implicitReturnArea: true }).argumentAreaBytes;
        return fn.blocks.flatMap(({ insts }) =>
          insts.flatMap((inst) => {
            if (inst.op !== 'return_call' && inst.op !== 'return_call_indirect') return [];
            const sig =
              inst.kind === 'call'
                ? fn.funcRefs.get(inst.func)?.sig
                : inst.kind === 'call_indirect'
                  ? inst.sig
                  : undefined;
            const callee = sig === undefined ? undefined : fn.sigRefs.get(sig);
            return callee === undefined ? [] : [bytesOf(callee) - bytesOf(fn.signature)];
          }),
        );
      },
    );
    expect(growths.filter((bytes) => bytes >= 512).length).toBeGreaterThan(5);
  });

  it('have stack limits just below a slot of the caller', () => {
    const functions = functionsOf(casesWhere((config) => config.nearStackLimits > 0));
    const near = functions.filter((fn) => {
      const made = new Map(
        fn.blocks.flatMap(({ insts }) =>
          insts.flatMap((inst) => inst.results.map((value) => [value, inst] as const)),
        ),
      );
      return [...made.values()].some(
        ({ op, args }) => op === 'isub' && args.some((arg) => made.get(arg)?.op === 'stack_addr'),
      );
    });
    expect(near.length).toBeGreaterThan(5);
  });

  it('have edges of try_calls that share their target, and targets that other ways lead to', () => {
    const functions = functionsOf(casesWhere((config) => config.sharedEdges > 0));
    let shared = 0;
    let critical = 0;
    for (const fn of functions) {
      const ways = new Map<number, number>();
      const edges: (readonly number[])[] = [];
      for (const { insts } of fn.blocks) {
        for (const inst of insts) {
          const targets = blockCallsOf(inst).map(({ block }) => block);
          for (const block of targets) ways.set(block, (ways.get(block) ?? 0) + 1);
          if (inst.kind === 'try_call' || inst.kind === 'try_call_indirect') edges.push(targets);
        }
      }
      shared += edges.filter((targets) => new Set(targets).size < targets.length).length;
      // A call without handlers alone has an edge that is not split for that.
      critical += edges.filter(
        ([only, ...rest]) => rest.length === 0 && (ways.get(only ?? -1) ?? 0) > 1,
      ).length;
    }
    expect(shared).toBeGreaterThan(20);
    expect(critical).toBeGreaterThan(2);
  });

  it('have functions that read nothing, some of them with a struct to return', () => {
    const functions = functionsOf(casesWhere((config) => config.idleFunctions > 0));
    const idle = functions.filter(({ blocks }) =>
      blocks.every(({ insts }) =>
        insts.every(({ kind, op }) => kind === 'const' || ['iconcat', 'return'].includes(op)),
      ),
    );
    expect(idle.length).toBeGreaterThan(15);
    const hasSret = ({ signature }: Function): boolean =>
      signature.params.some(({ purpose }) => purpose.kind === 'sret');
    expect(idle.filter(hasSret).length).toBeGreaterThan(0);
  });

  it('have calls with handlers between a store and a load of memory that goes along', () => {
    const functions = functionsOf(casesWhere((config) => config.fencedCalls > 0));
    const fenced = functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ insts }) => {
        const [store, last] = insts.slice(-2);
        const isTry = last?.kind === 'try_call' || last?.kind === 'try_call_indirect';
        const pointer = store?.op === 'store' ? store.args[1] : undefined;
        return isTry && pointer !== undefined && last.args.includes(pointer) ? [pointer] : [];
      }),
    );
    expect(fenced.length).toBeGreaterThan(3);
  });

  it('have entries whose limit is a parameter that lies below every stack', () => {
    const cases = casesWhere((config) => config.entryLimits > 0);
    const limited = cases.flatMap((kase) => {
      const entry = findFunction(kase.module, kase.entry);
      return entry === undefined || entry.stackLimit === null ? [] : [{ entry, kase }];
    });
    expect(limited.length).toBeGreaterThan(10);
    for (const { entry, kase } of limited) {
      const vmctx = entry.signature.params.findIndex(({ purpose }) => purpose.kind === 'vmctx');
      for (const input of kase.inputs) expect(input[vmctx]).toBeLessThan(0x1_0000n);
    }
  });

  it('have callers of functions that differ in their convention or extensions alone', () => {
    const functions = functionsOf(casesWhere((config) => config.lookalikes > 0));
    const typesOf = ({ params, returns }: Signature): string =>
      [...params, ...returns].map(({ type, purpose }) => `${type} ${purpose.kind}`).join();
    const hasTwo = (fn: Function, differ: (a: Signature, b: Signature) => boolean): boolean => {
      const signatures = [...fn.sigRefs.values()].filter(({ params }) => params.length > 0);
      return signatures.some((a) => signatures.some((b) => typesOf(a) === typesOf(b) && differ(a, b)));
    };
    const byConvention = functions.filter((fn) => hasTwo(fn, (a, b) => a.callConv !== b.callConv));
    const byExtension = functions.filter((fn) =>
      hasTwo(
        fn,
        (a, b) =>
          a.callConv === b.callConv && a.params.some((p, i) => p.extension !== b.params[i]?.extension),
      ),
    );
    expect(byConvention.length).toBeGreaterThan(10);
    expect(byExtension.length).toBeGreaterThan(5);
  });

  it('have tags that one call handles twice, behind instances that differ', () => {
    const functions = functionsOf(casesWhere((config) => config.repeatedTags > 0));
    const lists = handlerLists(functions).map(({ handlers }) => handlers);
    const repeating = lists.filter((list) => {
      const tags = list.flatMap((handler) => (handler.kind === 'tag' ? [handler.tag] : []));
      return new Set(tags).size < tags.length;
    });
    expect(repeating.length).toBeGreaterThan(50);
    const contexts = repeating.map((list) =>
      list.flatMap((handler) => (handler.kind === 'context' ? [handler.value] : [])),
    );
    expect(contexts.filter((values) => new Set(values).size > 1).length).toBeGreaterThan(30);
  });

  it('have conditions that are integers of any width, or compare floats', () => {
    const functions = functionsOf(casesWhere((config) => config.otherConditions > 0));
    const asked = functions.flatMap((fn) => {
      const insts = fn.blocks.flatMap((block) => block.insts);
      const made = new Map(insts.flatMap((inst) => inst.results.map((value) => [value, inst.op] as const)));
      return insts.flatMap(({ op, args: [value = 0] }) =>
        op === 'brif' ? [made.get(value) === 'fcmp' ? 'fcmp' : (fn.valueTypes[value] ?? '')] : [],
      );
    });
    for (const kind of ['fcmp', 'i8', 'i16', 'i32', 'i64', 'i128'])
      expect(asked.filter((one) => one === kind).length, kind).toBeGreaterThan(4);
  });

  it('have functions with two tail calls, of which either needs more memory for its arguments', () => {
    const functions = functionsOf(casesWhere((config) => config.otherTargets > 0));
    const areas = functions.map((fn) =>
      fn.blocks.flatMap(({ insts }) =>
        insts.flatMap((inst) => {
          const signature = isReturnCall(inst) ? signatureOfCall(fn, inst) : undefined;
          if (signature === undefined) return [];
          return [layoutSignature(signature, { implicitReturnArea: true }).argumentAreaBytes];
        }),
      ),
    );
    expect(
      areas.filter(([first = 0, ...rest]) => rest.some((bytes) => first > bytes)).length,
    ).toBeGreaterThan(5);
    expect(
      areas.filter(([first = 0, ...rest]) => rest.some((bytes) => first < bytes)).length,
    ).toBeGreaterThan(5);
  });

  it('have wide vectors that change places around loops, and call nothing', () => {
    const functions = functionsOf(casesWhere((config) => config.statementWeights.call === 0));
    const isWide = (type: Type): boolean => typeInfo(type).isVector && typeInfo(type).bits > 128;
    const swapping = functions.filter((fn) =>
      fn.blocks.some(({ id, params }) => {
        const [, left, , right] = params;
        const back = fn.blocks.flatMap((block) => block.insts.flatMap(blockCallsOf));
        const isSwapped = back.some(({ block, args }) => {
          const [, first, , last] = args;
          return (
            block === id &&
            first?.kind === 'value' &&
            last?.kind === 'value' &&
            first.value === right?.value &&
            last.value === left?.value
          );
        });
        return left !== undefined && isWide(left.type) && isSwapped;
      }),
    );
    expect(swapping.length).toBeGreaterThan(10);
    expect(functions.every((fn) => fn.funcRefs.size === 0)).toBe(true);
  });

  it('have conversions from and to types of any size', () => {
    const functions = functionsOf(casesWhere((config) => config.otherConversions > 0));
    const made = functions.flatMap((fn) =>
      fn.blocks.flatMap(({ insts }) =>
        insts.map(
          ({ op, results: [to = 0], args: [from = 0] }) =>
            `${fn.valueTypes[from]} ${op} ${fn.valueTypes[to]}`,
        ),
      ),
    );
    for (const conversion of [
      'i64 sextend i128',
      'i8 uextend i128',
      'i128 ireduce i8',
      'i16 bitcast f16',
      'i8x2 bitcast f16',
      'i128 bitcast f128',
      'f128 bitcast i64x2',
    ])
      expect(made, conversion).toContain(conversion);
  });

  it('have memory that is copied, loads that may move, and calls between two loads', () => {
    const functions = functionsOf(casesWhere((config) => config.copies > 0));
    const blocks = functions.flatMap((fn) => fn.blocks);
    const copied = blocks.flatMap(({ insts }) =>
      insts.filter(
        ({ op, results: [loaded = -1] }, at) =>
          op === 'load' &&
          insts.slice(at + 1, at + 4).some((next) => next.op === 'store' && next.args[0] === loaded),
      ),
    );
    expect(copied.length).toBeGreaterThan(50);
    expect(copied.some(({ type }) => type === 'f16')).toBe(true);
    const insts = blocks.flatMap((block) => block.insts);
    const flags = insts.flatMap((inst) =>
      inst.kind === 'memory' && inst.op === 'load' ? [inst.flags.join(' ')] : [],
    );
    for (const some of ['', 'notrap', 'can_move', 'notrap can_move']) expect(flags, some).toContain(some);
    const ops = insts.map(({ op }) => op);
    for (const op of ['uload8', 'sload16', 'uload32', 'istore8', 'istore32']) expect(ops, op).toContain(op);
    const fenced = blocks.flatMap((block) =>
      block.insts.filter(({ op, args: [pointer = -1] }, at) => {
        const [call, after] = block.insts.slice(at + 1, at + 3);
        return op === 'load' && call?.kind === 'call' && after?.op === 'load' && after.args[0] === pointer;
      }),
    );
    expect(fenced.length).toBeGreaterThan(10);
  });

  it('have functions that are called through an address that they are given as well', () => {
    const functions = functionsOf(casesWhere((config) => config.selfPointers > 0));
    const calls = functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ insts }) =>
        insts.filter(
          ({ kind, args: [address = -1, ...args] }) => kind === 'call_indirect' && args.includes(address),
        ),
      ),
    );
    expect(calls.length).toBeGreaterThan(10);
  });

  it('have functions of thousands of instructions, and loops that carry nothing or many values around', () => {
    const functions = functionsOf(casesWhere((config) => config.longRuns > 0));
    const sizes = functions.map(({ blocks }) => Math.max(...blocks.map(({ insts }) => insts.length)));
    expect(sizes.filter((size) => size > 500).length).toBeGreaterThan(3);
    const backward = functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ insts }, at) => {
        const last = insts.at(-1);
        const targets = last?.kind === 'brif' ? [last.then, last.else] : [];
        return targets.filter(({ block }) => blocks.findIndex(({ id }) => id === block) <= at);
      }),
    );
    expect(backward.some(({ args }) => args.length === 0)).toBe(true);
    expect(backward.some(({ args }) => args.length > 12)).toBe(true);
  });

  it('have branches that come to nothing', () => {
    const functions = functionsOf(casesWhere((config) => config.emptyBranches > 0));
    const bare = functions.filter(({ blocks }) => {
      const onward = new Map(
        blocks.flatMap(({ id, insts: [only] }) =>
          only?.kind === 'jump' && only.target.args.length === 0 ? [[id, only.target.block] as const] : [],
        ),
      );
      return blocks.some(({ insts }) => {
        const last = insts.at(-1);
        if (last?.kind !== 'brif' || last.then.block === last.else.block) return false;
        const join = onward.get(last.then.block);
        return join !== undefined && join === onward.get(last.else.block) && onward.has(join);
      });
    });
    expect(bare.length).toBeGreaterThan(10);
  });

  it('have functions that make one call of a preserve_all function and keep nothing', () => {
    const functions = functionsOf(casesWhere((config) => config.thinFunctions === 100));
    const thin = functions.filter(({ blocks, funcRefs, sigRefs, stackSlots }) => {
      const calls = blocks.flatMap(({ insts }) => insts.filter(({ kind }) => kind === 'call'));
      const [call] = calls;
      if (calls.length !== 1 || call?.kind !== 'call' || call.op !== 'call') return false;
      const sig = sigRefs.get(funcRefs.get(call.func)?.sig ?? -1);
      return sig?.callConv === 'preserve_all' && stackSlots.size === 0;
    });
    expect(thin.length).toBeGreaterThan(3);
  });

  it('have calls behind which a trap is all there is, in blocks that a branch leads to', () => {
    const functions = functionsOf(casesWhere((config) => config.trapsBehindCalls > 0));
    const last = functions.flatMap(({ blocks }) => {
      const branches = blocks.flatMap(({ insts }) => {
        const end = insts.at(-1);
        return end?.kind === 'brif' ? [end.then.block, end.else.block] : [];
      });
      const reached = new Set(branches);
      return blocks.filter(({ id, insts }) => {
        const [call, trap] = insts.slice(-2);
        return reached.has(id) && trap?.op === 'trap' && call?.op.startsWith('call') === true;
      });
    });
    expect(last.length).toBeGreaterThan(3);
  });

  it('have try_calls whose handlers lead back to them, defaults that others follow on, and tags of 32 bits', () => {
    const functions = functionsOf(casesWhere((config) => config.retries > 0));
    const tables = functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ insts }, at) => {
        const last = insts.at(-1);
        if (last?.kind !== 'try_call' && last?.kind !== 'try_call_indirect') return [];
        const isAhead = (id: number): boolean => blocks.findIndex((block) => block.id === id) < at;
        const handlers = last.table.handlers.filter((handler) => handler.kind !== 'context');
        return [{ handlers, goesBack: handlers.some(({ target }) => isAhead(target.block)) }];
      }),
    );
    expect(tables.filter(({ goesBack }) => goesBack).length).toBeGreaterThan(10);
    const early = tables.filter(({ handlers }) =>
      handlers.slice(0, -1).some(({ kind }) => kind === 'default'),
    );
    expect(early.length).toBeGreaterThan(10);
    const tags = tables.flatMap(({ handlers }) => handlers.flatMap((h) => (h.kind === 'tag' ? [h.tag] : [])));
    for (const bit of [0x100_0000, 0x8000_0000])
      expect(tags.some((tag) => tag >= bit && tag < bit + 4)).toBe(true);
  });

  it('have values that comparisons give, of floats by any condition and of i128', () => {
    const functions = functionsOf(casesWhere((config) => config.otherConversions > 0));
    const insts = functions.flatMap(({ blocks }) => blocks.flatMap((block) => block.insts));
    const compared = insts.flatMap((inst) => (inst.kind === 'compare' ? [inst] : []));
    const floats = new Set(compared.flatMap(({ op, cond }) => (op === 'fcmp' ? [cond] : [])));
    for (const cond of ['le', 'gt', 'ule', 'ugt']) expect(floats, cond).toContain(cond);
    expect(compared.some(({ type, cond }) => type === 'i128' && cond === 'eq')).toBe(true);
    const stored = functions.flatMap(({ blocks }) => {
      const given = new Set(
        blocks.flatMap((block) => block.insts.flatMap((i) => (i.kind === 'compare' ? i.results : []))),
      );
      return blocks.flatMap((block) =>
        block.insts.filter(
          ({ kind, op, args }) =>
            (kind === 'call' || op === 'return' || op === 'store') && args.some((arg) => given.has(arg)),
        ),
      );
    });
    expect(stored.length).toBeGreaterThan(5);
  });

  it('have functions of several namespaces, sums beyond 32 bits, and loops that go round as often as they have values', () => {
    const names = functionsOf(casesWhere((config) => config.hasNamespaces)).map(({ name }) => name);
    const spaces = new Set(names.flatMap((name) => (name.kind === 'user' ? [name.namespace] : [])));
    expect(spaces).toEqual(new Set([0, 1, 2]));
    const insts = functionsOf(casesWhere((config) => config.addressSums > 0)).flatMap(({ blocks }) =>
      blocks.flatMap((block) => block.insts),
    );
    expect(insts.some((inst) => inst.kind === 'const' && inst.bits === 0x1_0000_0008n)).toBe(true);
    expect(insts.some((inst) => inst.kind === 'memory' && inst.offset > 0x6fff_0000)).toBe(true);
    expect(
      insts.some((inst) => inst.kind === 'memory' && inst.op === 'store' && inst.flags.includes('little')),
    ).toBe(true);
    expect(insts.some(({ op, type }) => op === 'uload8' && type === 'i32')).toBe(true);
    const jumps = functionsOf(casesWhere((config) => config.wideLoops > 0)).flatMap(({ blocks }) =>
      blocks.flatMap(({ insts: own }) => {
        const last = own.at(-1);
        return last?.kind === 'jump' ? [last.target.args] : [];
      }),
    );
    const isAlike = (args: (typeof jumps)[number]): boolean =>
      new Set(args.slice(3, -1).map((arg) => JSON.stringify(arg))).size === 1;
    expect(jumps.some((args) => args.length > 8 && isAlike(args))).toBe(true);
  });

  it('look at sp at first and in the end, and hold it against a slot', () => {
    const functions = functionsOf(casesWhere((config) => config.stackPointers > 0));
    const looking = functions.filter(({ blocks }) =>
      blocks.some(({ insts }) => insts.some(({ op }) => op === 'get_stack_pointer')),
    );
    expect(looking.length).toBeGreaterThan(20);
    expect(looking.filter(({ stackSlots }) => stackSlots.size > 0).length).toBeGreaterThan(5);
    for (const { blocks } of looking) {
      const [first, ...others] = blocks.flatMap(({ insts }) =>
        insts.filter(({ op }) => op === 'get_stack_pointer'),
      );
      const isHeld = others.some(({ results: [now = -1] }) =>
        blocks.some(({ insts }) =>
          insts.some(
            ({ op, args: [a = -1, b = -1] }) => op === 'icmp' && a === first?.results[0] && b === now,
          ),
        ),
      );
      expect(isHeld).toBe(true);
    }
  });

  it('have all compressed instructions in most configurations of one', () => {
    const configurations = casesWhere((config) => config.compressedCode > 0).flatMap(
      (kase) => kase.configurations,
    );
    const compressed = configurations.filter(({ isa }) => isa.includes('has_zca') && isa.includes('has_zcb'));
    expect(compressed.length).toBeGreaterThan(configurations.length / 3);
  });

  it('have branches with several edges to one block, tables with no entry and with hundreds', () => {
    const functions = functionsOf(casesWhere((config) => config.directEdges > 0));
    const last = functions.flatMap(({ blocks }) => blocks.flatMap(({ insts }) => insts.slice(-1)));
    const twins = last.filter((inst) => inst.kind === 'brif' && inst.then.block === inst.else.block);
    expect(twins.length).toBeGreaterThan(20);
    const tables = last.flatMap((inst) => (inst.kind === 'br_table' ? [inst] : []));
    expect(tables.some(({ table }) => table.some(({ args }) => args.length > 0))).toBe(true);
    expect(tables.some(({ table, fallback }) => table.length === 0 && fallback.args.length > 0)).toBe(true);
    expect(tables.some(({ table }) => table.length > 500)).toBe(true);
  });

  it('have choices of vectors, widening loads, masks, and slots aligned to more than any value', () => {
    const functions = functionsOf(casesWhere((config) => config.directEdges > 0));
    const insts = functions.flatMap(({ blocks }) => blocks.flatMap((block) => block.insts));
    const isVector = (type: Type | null): boolean => type !== null && typeInfo(type).isVector;
    expect(insts.filter(({ op, type }) => op === 'select' && isVector(type)).length).toBeGreaterThan(5);
    const ops = insts.map(({ op }) => op);
    for (const op of ['uload8x8', 'sload16x4', 'bmask', 'select_spectre_guard'])
      expect(ops, op).toContain(op);
    const slots = functions.flatMap(({ stackSlots }) => [...stackSlots.values()]);
    expect(slots.some(({ alignBytes }) => alignBytes >= 256)).toBe(true);
  });

  it('align no slot to more than any value is where the release aligns none', () => {
    const seeds = SEEDS.filter((seed) => withCorner(DEFAULT_CONFIG, seed).farAlignments > 0);
    expect(seeds.length).toBeGreaterThan(50);
    const old = { ...SAMPLE_ABILITIES, release: 108 };
    const cases = seeds.map((seed) => makeCase(withCorner(DEFAULT_CONFIG, seed), old, seed));
    const slots = functionsOf(cases).flatMap(({ stackSlots }) => [...stackSlots.values()]);
    expect(slots.filter(({ alignBytes }) => alignBytes > 16)).toEqual([]);
  });

  it('have results of try_calls that are passed on out of order and twice, and contexts in a row', () => {
    const functions = functionsOf(casesWhere((config) => config.mixedResults > 0));
    const tables = functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ insts }) =>
        insts.flatMap((inst) =>
          inst.kind === 'try_call' || inst.kind === 'try_call_indirect' ? [inst.table] : [],
        ),
      ),
    );
    const passed = tables.map(({ normal }) =>
      normal.args.flatMap((arg) => (arg.kind === 'ret' ? [arg.index] : [])),
    );
    expect(passed.filter((list) => new Set(list).size < list.length).length).toBeGreaterThan(20);
    expect(passed.filter((list) => list.some((at, i) => at < (list[i - 1] ?? 0))).length).toBeGreaterThan(20);
    const kinds = tables.map(({ handlers }) => handlers.map(({ kind }) => kind).join(' '));
    expect(kinds.filter((list) => list.includes('context context')).length).toBeGreaterThan(20);
    expect(kinds.filter((list) => list.endsWith('context')).length).toBeGreaterThan(20);
  });

  it('have extensions that ask for nothing, blocks that jump to themselves, and lanes of other widths', () => {
    const functions = functionsOf(casesWhere((config) => config.idleExtensions > 0));
    const idle = functions.flatMap(({ signature }) =>
      signature.params.filter(
        ({ type, extension }) => ['i64', 'i128'].includes(type) && extension !== 'none',
      ),
    );
    expect(idle.length).toBeGreaterThan(20);
    const endless = functions.filter(({ blocks }) =>
      blocks.some(({ id, insts: [only] }) => only?.kind === 'jump' && only.target.block === id),
    );
    expect(endless.length).toBeGreaterThan(5);
    const insts = functions.flatMap(({ blocks }) => blocks.flatMap((block) => block.insts));
    const ops = new Set(insts.map(({ op }) => op));
    for (const op of ['snarrow', 'uunarrow', 'swiden_low', 'uwiden_high']) expect(ops, op).toContain(op);
    const far = insts.filter((inst) => inst.kind === 'memory' && Math.abs(inst.offset) >= 0x7fff_f000);
    expect(far.length).toBeGreaterThan(20);
  });

  it('have settings that change nothing, Zca without Zcd, and longer registers than any vector', () => {
    const { settings, isa: flags } = SAMPLE_ABILITIES;
    const abilities = {
      ...SAMPLE_ABILITIES,
      settings: { ...settings, machine_code_cfg_info: [], regalloc_checker: [] },
      isa: [...flags, 'has_zvl1024b'],
    };
    const configs = SEEDS.map((seed) => ({ seed, config: withCorner(DEFAULT_CONFIG, seed) }));
    const configurations = configs
      .filter(({ config }) => config.otherSettings > 0)
      .flatMap(({ seed, config }) => makeCase(config, abilities, seed).configurations);
    for (const name of ['machine_code_cfg_info', 'regalloc_checker'])
      expect(configurations.filter(({ shared }) => shared[name] === 'true').length, name).toBeGreaterThan(10);
    expect(configurations.filter(({ isa }) => isa.includes('has_zvl1024b')).length).toBeGreaterThan(5);
    expect(configurations.some(({ isa }) => isa.includes('has_zca') && !isa.includes('has_zcd'))).toBe(true);
    const plain = configurations.filter(({ isa }) => isa.includes('has_zcd'));
    expect(plain.every(({ isa }) => isa.includes('has_zca'))).toBe(true);
  });

  it('have functions without parameters, probed by calls in frames of one to three pages', () => {
    const cases = casesWhere((config) => config.outlineProbes === 100);
    expect(cases.length).toBeGreaterThan(20);
    const functions = functionsOf(cases);
    expect(functions.every(({ signature }) => signature.params.length === 0)).toBe(true);
    const sizes = functions.map(slotBytes).filter((bytes) => bytes > 4096 && bytes < 8192);
    expect(sizes.length).toBeGreaterThan(5);
  });

  it('are valid modules with vectors of any length', () => {
    const config = findProfile('wide-vectors')?.config ?? DEFAULT_CONFIG;
    const cases = SEEDS.flatMap((seed) => {
      const bent = withCorner(config, seed);
      return bent.laneWidths > 0 ? [makeCase(bent, SAMPLE_ABILITIES, seed)] : [];
    });
    expect(cases.length).toBeGreaterThan(50);
    for (const { module } of cases) expect(checkModule(module)).toEqual([]);
  });
});

import type { Arbitrary } from 'fast-check';
import type { Case } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';
import { typeInfo } from '../clif/type.ts';
import { makeBody } from './body.ts';
import { drawConfigurations } from './configurations.ts';
import type { Abilities, Config } from './config.ts';
import { drawBits, taggedBits } from './constants.ts';
import { arbitraryOf, generateOne, type Draw } from './draw.ts';
import { HALF_AND_QUAD_RELEASE, planFunctions, type CaseShape, type ParamRole } from './plan.ts';
import { LOW_LIMITS } from './stack-limits.ts';
import { pickWeighted } from './weighted.ts';
import { VECTOR_BITS } from './vector-types.ts';

/** A Cranelift that does not say its version has everything. */
const NEWEST_RELEASE = 9999;

/** The first release whose try_call has all that throwing needs: handlers' contexts and payloads by convention. */
const THROW_RELEASE = 128;

/** The first release that loads, stores and splats vectors of f16 on riscv64. */
const HALF_LANES_RELEASE = 135;

function canThrow(abilities: Abilities): boolean {
  const { settings, release } = abilities;
  return settings['preserve_frame_pointers'] !== undefined && (release ?? NEWEST_RELEASE) >= THROW_RELEASE;
}

function drawVectorBits(draw: Draw, config: Config, abilities: Abilities): number {
  const possible = config.vectorBits.filter(
    ({ item }) => item === VECTOR_BITS || abilities.isa.includes(`has_zvl${item}b`),
  );
  return possible.length > 0 ? pickWeighted(draw, possible) : VECTOR_BITS;
}

function drawShape(draw: Draw, config: Config, abilities: Abilities): CaseShape {
  const has = (flag: string): boolean => abilities.isa.includes(flag);
  const release = abilities.release ?? NEWEST_RELEASE;
  const hasHalfAndQuad = release >= HALF_AND_QUAD_RELEASE;
  const hasVectors = has('has_v') && draw.chance(config.vectorCases);
  const hasHalfArithmetic = has('has_zfh') && draw.chance(50) && hasHalfAndQuad;
  // Lanes of f16 move through f registers, which zvfh alone does not provide for.
  const hasHalfVectors = hasVectors && hasHalfArithmetic && has('has_zvfh') && release >= HALF_LANES_RELEASE;
  const implicitReturnArea =
    abilities.settings['enable_multi_ret_implicit_sret'] !== undefined &&
    draw.chance(config.implicitReturnAreaCases);
  const vectorBits = hasVectors ? drawVectorBits(draw, config, abilities) : 0;
  const hasNarrowVectors = hasVectors && draw.chance(config.narrowVectorCases);
  const types = config.types.filter(({ item }) => {
    const info = typeInfo(item);
    if (!hasHalfAndQuad && (info.lane === 'f16' || info.lane === 'f128')) return false;
    if (!info.isVector) return true;
    if (info.bits > vectorBits || (info.bits < VECTOR_BITS && !hasNarrowVectors)) return false;
    return info.lane !== 'f16' || hasHalfVectors;
  });
  return {
    hasVectors,
    vectorBits,
    throws: canThrow(abilities) && draw.chance(config.throwingCases),
    release,
    cellBytes: Math.max(16, vectorBits / 8),
    hasHalfVectors,
    hasHalfArithmetic,
    implicitReturnArea,
    types,
  };
}

/** Entries of a table that are no block of their own in `MACHINE_BLOCKS`, which counts two edges to each block. */
const FEW_ENTRIES = 4;

/** Blocks, and as many more as the edges of long tables become in the code. */
function blocksOf({ blocks }: Function): number {
  return blocks.reduce((sum, { insts }) => {
    const last = insts.at(-1);
    return sum + 1 + (last?.kind === 'br_table' ? Math.max(0, last.table.length - FEW_ENTRIES) : 0);
  }, 0);
}

function drawInputs(
  draw: Draw,
  config: Config,
  params: Function['signature']['params'],
  roles: readonly ParamRole[],
): readonly (readonly bigint[])[] {
  const count = draw.int(config.inputs.min, config.inputs.max);
  return Array.from({ length: count }, (_, input) =>
    params.map((param, i) => {
      if (roles[i]?.kind === 'limit') return draw.pick(LOW_LIMITS);
      return input === 0
        ? taggedBits(param.type, i + 1)
        : drawBits(draw, param.type, config.patternedConstants);
    }),
  );
}

/** Whole cases: valid by construction, their calls acyclic, their runs bounded by `config.dynamicInstructions`. */
export function caseArbitrary(config: Config, abilities: Abilities): Arbitrary<Omit<Case, 'seed'>> {
  return arbitraryOf((draw) => {
    const shape = drawShape(draw, config, abilities);
    const plans = planFunctions(draw, config, shape);
    const functions: Function[] = [];
    const costs: number[] = [];
    const called = new Set<number>();
    // Callees first: a caller must know what a call costs.
    for (let index = plans.length - 1; index >= 0; index -= 1) {
      const plan = plans[index];
      if (plan === undefined) throw new RangeError(`no function is planned at ${index}`);
      const made = makeBody({ draw, config, shape, plans, index, plan, costs, called });
      functions.push(made.function);
      costs[index] = made.cost;
    }
    const entry = functions.at(-1);
    if (entry === undefined) throw new RangeError('a module has an entry');
    return {
      module: { functions },
      entry: entry.name,
      inputs: drawInputs(draw, config, entry.signature.params, plans[0]?.roles ?? []),
      configurations: drawConfigurations(
        draw,
        draw.int(config.configurations.min, config.configurations.max),
        {
          shape,
          config,
          blocks: functions.reduce((sum, fn) => sum + blocksOf(fn), 0),
          savesVectors: functions.some((fn) => fn.signature.callConv === 'preserve_all'),
        },
        abilities,
      ),
    };
  });
}

/** The case that `caseSeed` names. */
export function makeCase(config: Config, abilities: Abilities, caseSeed: string): Case {
  return { seed: caseSeed, ...generateOne(caseArbitrary(config, abilities), caseSeed) };
}

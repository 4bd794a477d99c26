import { needsReturnArea } from '../abi/layout.ts';
import { checkModule, problemText } from '../clif/check.ts';
import type { Case, Configuration } from '../clif/case.ts';
import { renumber } from '../clif/rewrite.ts';
import { coarseBucket } from '../compare/bucket.ts';
import type { KnownIssue } from '../compare/known-issues.ts';
import type { Abilities } from '../gen/config.ts';
import { UnsupportedError } from '../oracle/unsupported-error.ts';
import type { ExplainedVariation } from '../report/explain-model.ts';
import { explainFinding } from './explain-finding.ts';
import {
  asColocated,
  byCalleesConvention,
  asDirect,
  asFar,
  asIndirect,
  asPlainCalls,
  asSystemV,
  oneResult,
  withoutExtensions,
  withoutTries,
  type Rewrite,
} from './explain-rewrites.ts';
import { withOutPointers, withVectorPieces } from './explain-spread.ts';
import { usable } from './replay.ts';
import { runCase } from './run-case.ts';
import type { Station } from './station.ts';

/** What may be varied, by name; `why` is said where it does not apply. */
interface Variation {
  readonly name: string;
  readonly why: string;
  readonly make: Rewrite;
}

/** What may mend a module that breaks the rules of calls. */
const MENDED: Variation = {
  name: "each call by its callee's convention",
  why: 'every call is',
  make: byCalleesConvention,
};

const REWRITES: readonly Variation[] = [
  {
    name: 'results through an explicit out-pointer',
    why: 'nothing has results but the entry and what tail calls tie to it, or a try_call takes them',
    make: withOutPointers,
  },
  { name: 'one result only, the first', why: 'nothing has several results', make: oneResult('first') },
  { name: 'one result only, the last', why: 'nothing has several results', make: oneResult('last') },
  {
    name: 'vectors as integer pieces',
    why: 'no signature has a vector, or a try_call passes it',
    make: withVectorPieces,
  },
  { name: 'direct calls for indirect', why: 'no indirect call of a known function', make: asDirect },
  { name: 'indirect calls for direct', why: 'no direct call', make: asIndirect },
  { name: 'calls for tail calls', why: 'no tail call', make: asPlainCalls },
  { name: 'calls for try_calls', why: 'no try_call', make: withoutTries },
  { name: 'extensions dropped', why: 'nothing is extended', make: withoutExtensions },
  { name: 'every convention system_v', why: 'every convention is', make: asSystemV },
  { name: 'every function colocated', why: 'every function is', make: asColocated },
  { name: 'no function colocated', why: 'none is', make: asFar },
];

function withShared(configuration: Configuration, name: string, value: string | null): Configuration {
  const shared = Object.entries(configuration.shared).filter(([key]) => key !== name);
  if (value !== null) shared.push([name, value]);
  return { ...configuration, shared: Object.fromEntries(shared.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Changes a setting, where it is not what `byDefault` is and the configuration does not say. */
function settingVariation(name: string, value: string, byDefault: string | null): Variation {
  return configured(`${name}=${value}`, (configuration) =>
    (configuration.shared[name] ?? byDefault) === value
      ? configuration
      : withShared(configuration, name, value),
  );
}

function configured(name: string, change: (configuration: Configuration) => Configuration): Variation {
  return {
    name,
    why: 'as it is',
    make: (kase) => {
      const [own] = kase.configurations;
      if (own === undefined) return null;
      const changed = change(own);
      const isSame = JSON.stringify(changed) === JSON.stringify(own);
      return isSame ? null : { ...kase, configurations: [changed] };
    },
  };
}

const UNSEEDED = configured('control plane not seeded', ({ shared, isa }) => ({ shared, isa }));

const SRET = 'enable_multi_ret_implicit_sret';

const WITHOUT_RETURN_AREA: Variation = {
  name: 'implicit return area off',
  why: 'it is off, or results need it',
  make: (kase) => {
    const [own] = kase.configurations;
    const signatures = kase.module.functions.flatMap((fn) => [fn.signature, ...fn.sigRefs.values()]);
    if (own?.shared[SRET] !== 'true' || signatures.some(needsReturnArea)) return null;
    return { ...kase, configurations: [withShared(own, SRET, null)] };
  },
};

/** Results out of the way first, then without the return area. */
const OUT_POINTERS_ALONE: Variation = {
  name: 'out-pointers and implicit return area off',
  why: 'it is off, or results of the entry need it',
  make: (kase) => {
    const changed = withOutPointers(kase);
    return changed === null ? null : WITHOUT_RETURN_AREA.make(changed);
  },
};

/** These promise longer vector registers, which is another machine. */
const isZvl = (flag: string): boolean => flag.startsWith('has_zvl');

/** Vectors need theirs. */
const isOptional = (flag: string): boolean => !flag.startsWith('has_v') && !flag.startsWith('has_zv');

function variationsFor(
  kase: Case,
  abilities: Abilities,
  defaults: ReadonlyMap<string, string | null>,
): readonly Variation[] {
  const values = (name: string): readonly string[] => abilities.settings[name] ?? [];
  const has = (name: string): boolean => name in abilities.settings;
  const setting = (name: string, value: string): readonly Variation[] =>
    has(name) ? [settingVariation(name, value, defaults.get(name) ?? null)] : [];
  return [
    WITHOUT_RETURN_AREA,
    OUT_POINTERS_ALONE,
    ...REWRITES,
    ...values('opt_level').flatMap((value) => setting('opt_level', value)),
    ...values('regalloc_algorithm').flatMap((value) => setting('regalloc_algorithm', value)),
    ...setting('is_pic', 'false'),
    ...setting('is_pic', 'true'),
    ...setting('preserve_frame_pointers', 'true'),
    ...(kase.configurations[0]?.chaos === undefined ? [] : [UNSEEDED]),
    configured('every ISA flag that can be run here', (c) => {
      const isa = [...new Set([...c.isa, ...abilities.isa.filter((flag) => !isZvl(flag))])].sort();
      return isa.length === c.isa.length ? c : { ...c, isa };
    }),
    ...(kase.configurations[0]?.isa ?? [])
      .filter(isOptional)
      .map((flag) =>
        configured(`without ${flag}`, (c) => ({ ...c, isa: c.isa.filter((other) => other !== flag) })),
      ),
  ];
}

async function judge(
  station: Station,
  whole: Case,
  abilities: Abilities,
  knownIssues: readonly KnownIssue[],
): Promise<Pick<ExplainedVariation, 'result' | 'kind'>> {
  const functions = whole.module.functions.map(renumber);
  const [problem] = checkModule({ functions });
  if (problem !== undefined) return { kind: 'other', result: `invalid: ${problemText(problem)}` };
  const { kase, skipped } = usable({ ...whole, module: { functions } }, abilities);
  if (kase.configurations.length === 0)
    return { kind: 'other', result: `cannot be run: ${skipped.join('; ')}` };
  try {
    const { verdict } = await runCase(station.bench, kase);
    switch (verdict.kind) {
      case 'agree':
        return { kind: 'agree', result: 'agree' };
      case 'declined':
        return { kind: 'other', result: `declined: ${verdict.reason}` };
      case 'invalid':
        return { kind: 'other', result: `invalid: ${verdict.explanation}` };
      default: {
        const known = await explainFinding(station, kase, verdict, knownIssues, station.bench.cranelift);
        const issue = known === null ? '' : ` (known issue ${known})`;
        return { kind: 'finding', result: `${coarseBucket(verdict.finding)}${issue}` };
      }
    }
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return { kind: 'other', result: `cannot be run: ${error.message}` };
  }
}

/**
 * Compiles and runs each variation of a case of one configuration against the oracle. The calls may differ from their callees: the
 * first row mends that, and the others start from there.
 */
export async function runVariations(
  station: Station,
  whole: Case,
  abilities: Abilities,
  knownIssues: readonly KnownIssue[],
): Promise<readonly ExplainedVariation[]> {
  const defaults = new Map(station.bench.driver.hello().shared.map((s) => [s.name, s.default]));
  const rows: ExplainedVariation[] = [];
  const kase = byCalleesConvention(whole) ?? whole;
  for (const { name, why, make } of [MENDED, ...variationsFor(kase, abilities, defaults)]) {
    const varied = make(name === MENDED.name ? whole : kase);
    if (varied === null) rows.push({ name, kind: 'other', result: `not applicable: ${why}` });
    else rows.push({ name, ...(await judge(station, varied, abilities, knownIssues)) });
  }
  return rows;
}

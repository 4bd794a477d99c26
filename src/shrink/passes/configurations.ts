import type { Case, Configuration } from '../../clif/case.ts';
import { typeInfo } from '../../clif/type.ts';
import type { Candidate, Pass } from '../pass.ts';
import { chunks } from '../pass.ts';

/** One configuration alone, or without some. */
export const dropConfigurations: Pass = {
  name: 'drop configurations',
  *candidates(kase) {
    const { configurations } = kase;
    if (configurations.length < 2) return;
    for (const kept of configurations) yield () => ({ ...kase, configurations: [kept] });
    for (const dropped of configurations) {
      yield () => ({ ...kase, configurations: configurations.filter((c) => c !== dropped) });
    }
  },
};

function withConfiguration(kase: Case, old: Configuration, made: Configuration): Case {
  return { ...kase, configurations: kase.configurations.map((c) => (c === old ? made : c)) };
}

const V_BITS = 128;

/**
 * Flags that vectors longer than V's need. Not every rule of the backend asks for them, so that without them another bug would
 * take the place of the one at hand.
 */
function neededFlags(kase: Case, isa: readonly string[]): ReadonlySet<string> {
  const vectors = kase.module.functions
    .flatMap((fn) => fn.valueTypes)
    .flatMap((type) => (type === undefined ? [] : [typeInfo(type)]))
    .filter((info) => info.isVector);
  const longest = vectors.reduce((most, info) => Math.max(most, info.bits), 0);
  if (longest <= V_BITS) return new Set();
  const zvl = [256, 512, 1024].find((bits) => bits >= longest && isa.includes(`has_zvl${bits}b`));
  const half = vectors.some((info) => info.lane === 'f16') ? ['has_zfh', 'has_zvfh'] : [];
  return new Set(['has_v', ...half, ...(zvl === undefined ? [] : [`has_zvl${zvl}b`])]);
}

function* dropFlags(kase: Case, old: Configuration): Generator<Candidate> {
  const needed = neededFlags(kase, old.isa);
  const optional = old.isa.filter((flag) => !needed.has(flag));
  for (const [start, end] of chunks(optional.length)) {
    const dropped = new Set(optional.slice(start, end));
    yield () => withConfiguration(kase, old, { ...old, isa: old.isa.filter((flag) => !dropped.has(flag)) });
  }
}

/** Without a strategy a probe is outlined: it calls a symbol of the embedder's, and a case must stand alone. */
function withoutLoneProbes(
  settings: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  const hasStrategy = settings.some(([name]) => name === 'probestack_strategy');
  return Object.fromEntries(settings.filter(([name]) => hasStrategy || name !== 'enable_probestack'));
}

function* dropSettings(kase: Case, old: Configuration): Generator<Candidate> {
  const settings = Object.entries(old.shared);
  for (const [start, end] of chunks(settings.length)) {
    yield () => {
      const shared = withoutLoneProbes(settings.filter((_, i) => i < start || i >= end));
      return withConfiguration(kase, old, { ...old, shared });
    };
  }
  const level = old.shared['opt_level'];
  if (level === undefined) return;
  for (const value of ['none', 'speed']) {
    if (value !== level) {
      yield () => withConfiguration(kase, old, { ...old, shared: { ...old.shared, opt_level: value } });
    }
  }
}

function* dropChaos(kase: Case, old: Configuration): Generator<Candidate> {
  if (old.chaos === undefined) return;
  const { chaos: _chaos, ...plain } = old;
  yield () => withConfiguration(kase, old, plain);
}

/** The control plane's seed gone, settings back to their defaults, ISA flags off, opt_level down. */
export const plainerConfigurations: Pass = {
  name: 'plainer configurations',
  *candidates(kase) {
    for (const configuration of kase.configurations) {
      yield* dropChaos(kase, configuration);
      yield* dropSettings(kase, configuration);
      yield* dropFlags(kase, configuration);
    }
  },
};

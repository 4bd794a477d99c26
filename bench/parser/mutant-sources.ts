import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printModule } from '../../src/clif/print.ts';
import { makeCase, caseSeedFor } from '../../src/gen/case-arbitrary.ts';
import { PROFILES } from '../../src/gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../../src/gen/sample-abilities.ts';
import { makeMutant, type Random } from './mutate-text.ts';
import { RARE_SYNTAX } from './rare-syntax.ts';

/** A text to damage. */
export interface Source {
  readonly name: string;
  readonly text: string;
  /** `text` cut into its functions, each with the comments after it; the first has the file's header too. */
  readonly functions: readonly string[];
}

export interface Mutant {
  readonly name: string;
  readonly text: string;
}

function sourceOf(name: string, text: string): Source {
  return {
    name,
    text,
    functions: text.split(/^(?=function )/m).filter((part) => part.startsWith('function')),
  };
}

/** The `.clif` files of a folder, in the order of their names. Throws what reading them throws. */
export function readFolder(folder: string): readonly Source[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.clif'));
  return names.toSorted().map((name) => sourceOf(name, readFileSync(join(folder, name), 'utf8')));
}

/** `count` generated modules, over every profile in turn, and one text of rare syntax. */
export function generateSources(seed: string, count: number): readonly Source[] {
  const modules = Array.from({ length: count }, (_, i): Source => {
    const profile = PROFILES[i % PROFILES.length];
    if (profile === undefined) throw new RangeError('no profile');
    const made = makeCase(profile.config, SAMPLE_ABILITIES, caseSeedFor(seed, profile.name, i));
    return sourceOf(`generated ${i}`, printModule(made.module));
  });
  return [...modules, sourceOf('rare syntax', RARE_SYNTAX)];
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[random(list.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}

/** The next mutant: of one function without comments mostly, for a whole file is refused at its first fault. */
export function nextMutant(random: Random, files: readonly Source[], generated: readonly Source[]): Mutant {
  const source = pickSource(random, files, generated);
  const isWhole = random(12) === 0 || source.functions.length === 0;
  const text = isWhole ? source.text : pick(random, source.functions);
  const hasComments = isWhole || random(5) === 0;
  return { name: source.name, text: makeMutant(hasComments ? text : text.replaceAll(/;[^\n]*/g, ''), random) };
}

function pickSource(random: Random, files: readonly Source[], generated: readonly Source[]): Source {
  const rare = generated.at(-1);
  const choice = random(10);
  if (rare !== undefined && choice < 3) return rare;
  return pick(random, choice < 7 && files.length > 0 ? files : generated);
}

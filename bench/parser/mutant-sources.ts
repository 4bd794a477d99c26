import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printModule } from '../../src/clif/print.ts';
import { makeCase } from '../../src/gen/case-arbitrary.ts';
import { caseSeedFor, PROFILES } from '../../src/gen/profiles.ts';
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

/** `count` generated modules, over every profile in turn. */
export function generateSources(seed: string, count: number): readonly Source[] {
  return Array.from({ length: count }, (_, i): Source => {
    const profile = PROFILES[i % PROFILES.length];
    if (profile === undefined) throw new RangeError('no profile');
    const made = makeCase(profile.config, SAMPLE_ABILITIES, caseSeedFor(seed, profile.name, i));
    return sourceOf(`generated ${i}`, printModule(made.module));
  });
}

/** What mutants are made of. */
export interface MutantPool {
  readonly sources: readonly Source[];
  readonly rare: Source;
  /** Instructions and declarations of all sources by their first word, so that rare ones are as frequent as `iadd`. */
  readonly lines: readonly (readonly string[])[];
}

export function makePool(sources: readonly Source[]): MutantPool {
  const rare = sourceOf('rare syntax', RARE_SYNTAX);
  const lines = new Map<string, Set<string>>();
  for (const line of [...sources, rare].flatMap(({ text }) => text.split('\n'))) {
    const word = LINE.exec(line)?.groups?.['word'];
    if (word === undefined) continue;
    const known = lines.get(word);
    if (known === undefined) lines.set(word, new Set([line.replace(/;.*/, '').trim()]));
    else if (known.size < MOST_LINES) known.add(line.replace(/;.*/, '').trim());
  }
  return { sources, rare, lines: [...lines.values()].map((known) => [...known]) };
}

const LINE =
  /^\s+(?:<[^>]*> *)?(?:@\w+ *)?(?:(?:v\d+(?:, v\d+)*|[a-z]+\d+) *(?:=|->) *)?(?<word>[a-z_]\w*)[^:]*$/;
/** Of one first word. */
const MOST_LINES = 200;

const VALUE_TYPES = 'i64 i32 i16 i8 f32 f64 i8x16 i32x4 f32x4 i64x2 i128 f16 i16x8 f64x2'.split(' ');

const DECLARATIONS = `    region0 = 3 "heap"
    ss0 = explicit_slot 8, align = 16
    gv0 = vmctx
    gv1 = load.i64 notrap aligned gv0
    sig0 = (i64) -> i32 tail
    fn0 = colocated %callee sig0
    const0 = 0x000102030405060708090a0b0c0d0e0f
`;

/** A function in which nothing but one damaged line can be refused, its operands of any type. */
function makeLineMutant(random: Random, pool: MutantPool): string {
  const line = pick(random, pick(random, pool.lines));
  const isDeclaration = /^(?:[a-z]+\d+|stack_limit) *=/.test(line) && !/^v\d/.test(line);
  const [before = '', after] = isDeclaration ? [line] : line.split(/(?<=^[^=]*=)/);
  let fresh = VALUE_TYPES.length;
  const results = after === undefined ? '' : before.replaceAll(/\bv\d+/g, () => `v${(fresh += 1)}`);
  const operands = (after ?? before).replaceAll(/\bv\d+/g, () => `v${random(VALUE_TYPES.length)}`);
  const known = random(4) === 0 ? operands : operands.replaceAll(/\b(ss|gv|sig|fn|const)\d+/g, '$10');
  const damaged = makeMutant(isDeclaration ? line : results + known, random).trim();
  const params = VALUE_TYPES.map((type, i) => `v${i}: ${type}`).join(', ');
  const body = `${DECLARATIONS}${isDeclaration ? `    ${damaged}\n` : ''}block0(${params}):\n`;
  return `function %f() {\n${body}${isDeclaration ? '' : `    ${damaged}\n`}}\n`;
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[random(list.length)];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
}

/** The next mutant: half of one line, else of one function mostly; a whole file is refused at its first fault. */
export function nextMutant(random: Random, pool: MutantPool): Mutant {
  if (random(2) === 0) return { name: 'one line', text: makeLineMutant(random, pool) };
  const source = random(5) === 0 ? pool.rare : pick(random, pool.sources);
  const isWhole = random(12) === 0 || source.functions.length === 0;
  const text = isWhole ? source.text : pick(random, source.functions);
  const hasComments = isWhole || random(5) === 0;
  return {
    name: source.name,
    text: makeMutant(hasComments ? text : text.replaceAll(/;[^\n]*/g, ''), random),
  };
}

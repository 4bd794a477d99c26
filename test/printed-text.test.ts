import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { askReader } from '../bench/parser/sides.ts';
import { DEFAULT_CRANELIFT, ensureDriver, findDriver } from '../src/backend/driver-build.ts';
import { Driver } from '../src/backend/driver.ts';
import type { Module } from '../src/clif/module.ts';
import { printModule } from '../src/clif/print.ts';
import { listEntries, readEntry } from '../src/corpus/entry-files.ts';
import { makeCase } from '../src/gen/case-arbitrary.ts';
import { caseSeedFor } from '../src/gen/profiles.ts';
import { PROFILES } from '../src/gen/profiles.ts';
import { SAMPLE_ABILITIES } from '../src/gen/sample-abilities.ts';
import { ROOT } from './callfuzz-process.ts';

/** Versions between which the text changed (`src/clif/dialect.ts`). Building a driver takes minutes: old ones only from the cache. */
const OLDER = ['0.128', '0.121', '0.115', '0.109', '0.108', '0.105'];
const CASES_PER_PROFILE = 12;
/** Most modules have a half or a quad float, which the oldest releases lack. */
const READ_AT_LEAST = 20;
const FOLDER = join(ROOT, 'corpus');

/** What releases have no words for, by the first tried here that has. */
const NEWER_WORDS: readonly (readonly [release: number, words: RegExp])[] = [
  [115, /\bf(?:16|128)/],
  [121, /\btry_call/],
  // A context among exception handlers.
  [128, /\bpreserve_all\b|\[[^\]]*\bcontext v/],
];

function lacksWords(text: string, release: number): boolean {
  return NEWER_WORDS.some(([since, words]) => release < since && words.test(text));
}

function releaseOf(version: string): number {
  return Number(version.split('.')[1]);
}

/** Modules by name: of every profile, as a campaign against that release makes them, and those of the corpus. */
function* modulesFor(release: number): Generator<readonly [name: string, module: Module]> {
  for (const { name, config } of PROFILES) {
    for (let i = 0; i < CASES_PER_PROFILE; i += 1) {
      const kase = makeCase(config, { ...SAMPLE_ABILITIES, release }, caseSeedFor('printed', name, i));
      yield [`${name} ${i}`, kase.module];
    }
  }
  for (const path of listEntries(FOLDER)) yield [relative(FOLDER, path), readEntry(path).entry.module];
}

interface Readings {
  read: number;
  /** Refused though the release has the words, with the reason. */
  readonly refused: string[];
  /** Taken though the release should lack the words: `NEWER_WORDS` hides what could be tested. */
  readonly unexpected: string[];
}

async function readAll(driver: Driver, version: string): Promise<Readings> {
  const result: Readings = { read: 0, refused: [], unexpected: [] };
  for (const [name, module] of modulesFor(releaseOf(version))) {
    const text = printModule(module, { cranelift: version });
    const isLacking = lacksWords(text, releaseOf(version));
    const answer = await askReader(driver, text);
    if (answer.kind === 'accepts' && isLacking) result.unexpected.push(name);
    else if (answer.kind === 'accepts') result.read += 1;
    else if (!isLacking) result.refused.push(`${name}: ${answer.message}`);
  }
  return result;
}

describe('text printed for a version', () => {
  beforeAll(async () => {
    await ensureDriver(DEFAULT_CRANELIFT);
  }, 900_000);

  it.for([DEFAULT_CRANELIFT, ...OLDER])('is taken by the reader of %s', async (version, { skip }) => {
    const built = await findDriver(version);
    if (built === null) {
      skip(`no driver of ${version} in the cache: npm run doctor -- --cranelift ${version} builds one`);
      return;
    }
    const driver = await Driver.start(built.path);
    try {
      const { read, refused, unexpected } = await readAll(driver, version);
      expect(refused).toEqual([]);
      expect(unexpected).toEqual([]);
      expect(read).toBeGreaterThan(READ_AT_LEAST);
    } finally {
      await driver.close();
    }
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Folders another may import from; `types` may be named, their code not called. Every folder may import from itself. */
interface Allowed {
  readonly values: readonly string[];
  readonly types?: readonly string[];
}

/** Who may know whom. What is not listed here is forbidden. */
const ALLOWED: Readonly<Record<string, Allowed>> = {
  clif: { values: [] },
  abi: { values: ['clif'] },
  gen: { values: ['clif'] },
  oracle: { values: ['clif'] },
  coverage: { values: ['clif', 'abi'], types: ['backend'] },
  backend: { values: ['clif', 'abi'] },
  emulator: { values: ['clif', 'abi'], types: ['backend'] },
  compare: { values: ['clif', 'abi'] },
  shrink: { values: ['clif', 'gen'], types: ['compare'] },
  corpus: { values: ['clif', 'compare'] },
  report: { values: ['clif', 'abi', 'compare', 'corpus', 'coverage'] },
  campaign: {
    values: [
      'clif',
      'abi',
      'gen',
      'oracle',
      'backend',
      'emulator',
      'compare',
      'shrink',
      'corpus',
      'report',
      'coverage',
    ],
  },
  cli: { values: ['campaign', 'corpus', 'report'] },
};

/** Packages that only one folder may use, by the folder. */
const SOLE_USERS: Readonly<Record<string, string>> = {
  'p-limit': 'campaign',
  commander: 'cli',
  'cli-progress': 'cli',
};

const VAGUE_NAMES = ['utils', 'helpers', 'common', 'types', 'index'];

interface Import {
  /** A path from the project's root, such as `src/clif/type.ts`, or a package. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

interface Source {
  /** From the project's root. */
  readonly path: string;
  readonly folder: string;
  readonly isTest: boolean;
  /** Without comments. */
  readonly text: string;
  readonly imports: readonly Import[];
}

/** The text without comments; strings stay, so that `//` in one of them ends nothing. */
function withoutComments(text: string): string {
  const token =
    /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[dgimsuvy]*|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return text.replaceAll(token, (match) => (match.startsWith('//') || match.startsWith('/*') ? ' ' : match));
}

/** `type` before the braces, or before every name in them. */
function isTypeClause(clause: string): boolean {
  if (/^type\s/.test(clause)) return true;
  const braces = /^\{([^}]*)\}$/.exec(clause.trim());
  if (braces === null) return false;
  const names = (braces[1] ?? '').split(',').map((name) => name.trim());
  return names.filter((name) => name !== '').every((name) => name.startsWith('type '));
}

/** Imports, re-exports, dynamic imports, types in `import('…')`, and files named by a URL beside this one. */
function importsOf(path: string, text: string): readonly Import[] {
  const code = withoutComments(text);
  const resolve = (specifier: string): string =>
    specifier.startsWith('.')
      ? posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
      : specifier;
  const found: Import[] = [];
  for (const [, clause = '', specifier = ''] of code.matchAll(
    /\b(?:import|export)\s+((?:type\s+)?(?:[\w$]+|\*(?:\s+as\s+[\w$]+)?|\{[^}]*\})(?:\s*,\s*(?:\{[^}]*\}|\*\s+as\s+[\w$]+))?)\s+from\s*['"]([^'"]+)['"]/g,
  )) {
    found.push({ target: resolve(specifier), isTypeOnly: isTypeClause(clause) });
  }
  for (const [, specifier = ''] of code.matchAll(/\bimport\s*['"]([^'"]+)['"]/g)) {
    found.push({ target: resolve(specifier), isTypeOnly: false });
  }
  for (const [, argument = ''] of code.matchAll(/\bimport\s*\(\s*([^)]*)\)/g)) {
    const literal = /^['"]([^'"]+)['"]/.exec(argument);
    // Where the text does not say what is imported, nothing can be said for it.
    found.push({
      target: literal?.[1] === undefined ? '(computed)' : resolve(literal[1]),
      isTypeOnly: false,
    });
  }
  for (const [, specifier = ''] of code.matchAll(
    /\bnew URL\(\s*['"](\.[^'"]+\.[jt]s)['"]\s*,\s*import\.meta\.url/g,
  )) {
    found.push({ target: resolve(specifier), isTypeOnly: false });
  }
  return found;
}

function sourceFrom(path: string, text: string): Source {
  return {
    path,
    folder: path.split('/')[1] ?? '',
    isTest: path.endsWith('.test.ts'),
    text: withoutComments(text),
    imports: importsOf(path, text),
  };
}

function readSources(): readonly Source[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith('.ts'))
    .map((item) => join(item.parentPath, item.name))
    .toSorted()
    .map((file) => sourceFrom(file.slice(ROOT.length + 1), readFileSync(file, 'utf8')));
}

/** `src/gen/a.ts imports src/abi/b.ts` for every import the table has no room for. */
function forbiddenImports(source: Source): readonly string[] {
  const allowed = ALLOWED[source.folder];
  if (allowed === undefined) return [`${source.path} lies in a folder the table does not know`];
  return source.imports.flatMap(({ target, isTypeOnly }) => {
    const message = `${source.path} imports ${target}`;
    if (target === '(computed)') return [message];
    if (!target.startsWith('src/')) {
      if (target.startsWith('.') || target.startsWith('/')) return [message];
      if (target.startsWith('bench/') || target.startsWith('test/')) return [message];
      return [];
    }
    const folder = target.split('/')[1] ?? '';
    if (folder === source.folder || allowed.values.includes(folder)) return [];
    if (isTypeOnly && allowed.types?.includes(folder) === true) return [];
    // A test may hold one stage against another; only the bottom stays without knowledge of what stands on it.
    if (source.isTest && source.folder !== 'clif') return [];
    return [message];
  });
}

function misusedPackages(source: Source): readonly string[] {
  if (source.isTest) return [];
  return source.imports
    .filter(({ target }) => (SOLE_USERS[target] ?? source.folder) !== source.folder)
    .map(({ target }) => `${source.path} imports ${target}`);
}

const sources = readSources();
const product = sources.filter((source) => !source.isTest);

function pathsWith(pattern: RegExp, among: readonly Source[]): readonly string[] {
  return among.filter((source) => pattern.test(source.text)).map(({ path }) => path);
}

describe('the sources', () => {
  it('are found, every folder of the table among them', () => {
    expect([...new Set(sources.map(({ folder }) => folder))].toSorted()).toEqual(
      Object.keys(ALLOWED).toSorted(),
    );
    // A scanner that sees nothing forbids nothing.
    const edges = product.flatMap(({ imports }) => imports);
    expect(edges.length).toBeGreaterThan(300);
    expect(edges.filter(({ isTypeOnly }) => isTypeOnly).length).toBeGreaterThan(50);
    expect(edges.map(({ target }) => target)).toContain('src/campaign/worker.ts');
  });

  it('import what the table allows and nothing else', () => {
    expect(sources.flatMap(forbiddenImports)).toEqual([]);
  });

  it('import nothing that does not exist', () => {
    const paths = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('src/') && !paths.has(target))
        .map(({ target }) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('leave each package to its one user', () => {
    expect(product.flatMap(misusedPackages)).toEqual([]);
    expect(product.some(({ imports }) => imports.some(({ target }) => target === 'p-limit'))).toBe(true);
  });

  it('end the process in src/cli alone', () => {
    const users = pathsWith(/\bprocess\s*\.\s*(?:exit\s*\(|exitCode\b|abort\b|reallyExit\b)/, product);
    expect(users.filter((path) => !path.startsWith('src/cli/'))).toEqual([]);
    expect(users).toContain('src/cli/main.ts');
  });

  it('keep the oracle from knowing a register or an ABI', () => {
    const oracle = product.filter(({ folder }) => folder === 'oracle');
    const word = /\b(?:abi|registers?|riscv\w*|psabi|lp64d?)\b/i;
    expect(pathsWith(word, oracle)).toEqual([]);
    expect(
      oracle.flatMap(({ imports }) => imports).filter(({ target }) => target.startsWith('src/abi')),
    ).toEqual([]);
  });

  it('have names that say what is in them', () => {
    const vague = sources.filter(({ path }) =>
      VAGUE_NAMES.includes(basename(path).replace(/(?:\.test)?\.ts$/, '')),
    );
    expect(vague.map(({ path }) => path)).toEqual([]);
    expect(sources.filter(({ path }) => !/^[a-z0-9-]+(?:\.test)?\.ts$/.test(basename(path)))).toEqual([]);
  });

  it('have no default export and no escape from the compiler', () => {
    expect(pathsWith(/\bexport\s+default\b/, product)).toEqual([]);
    const raw = sources.map(({ path }) => readFileSync(join(ROOT, path), 'utf8'));
    expect(raw.filter((text) => /@ts-(?:ignore|nocheck|expect-error)/.test(text))).toEqual([]);
  });
});

describe('the scanner', () => {
  const at = 'src/gen/sample.ts';
  const targets = (text: string): readonly string[] => importsOf(at, text).map(({ target }) => target);

  it('sees every way to name another file', () => {
    expect(targets("import { a } from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("import {\n  a,\n  type B,\n} from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("import * as v from 'valibot';")).toEqual(['valibot']);
    expect(targets("import a, { b } from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("import '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("export { a } from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("export * from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("export type { A } from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
    expect(targets("const a = await import('../abi/a.ts');")).toEqual(['src/abi/a.ts']);
    expect(targets("type A = import('../abi/a.ts').A;")).toEqual(['src/abi/a.ts']);
    expect(targets('await import(name);')).toEqual(['(computed)']);
    expect(targets("new URL('./worker.js', import.meta.url)")).toEqual(['src/gen/worker.ts']);
  });

  it('takes comments and strings for what they are', () => {
    expect(targets("// import { a } from '../abi/a.ts';\n/* import '../abi/a.ts'; */")).toEqual([]);
    expect(targets("const url = 'http://x'; import { a } from '../abi/a.ts';")).toEqual(['src/abi/a.ts']);
  });

  it('tells types from values', () => {
    const isType = (text: string): boolean | undefined => importsOf(at, text)[0]?.isTypeOnly;
    expect(isType("import type { A } from './a.ts';")).toBe(true);
    expect(isType("import { type A, type B } from './a.ts';")).toBe(true);
    expect(isType("import { type A, b } from './a.ts';")).toBe(false);
    expect(isType("export type { A } from './a.ts';")).toBe(true);
    expect(isType("import './a.ts';")).toBe(false);
  });

  it.each([
    ['src/gen/sample.ts', "import { a } from '../abi/a.ts';"],
    ['src/oracle/sample.ts', "import type { A } from '../abi/a.ts';"],
    ['src/clif/sample.test.ts', "import { a } from '../gen/a.ts';"],
    ['src/compare/sample.ts', "export { a } from '../emulator/a.ts';"],
    ['src/emulator/sample.ts', "import { a } from '../backend/a.ts';"],
    ['src/shrink/sample.ts', "import { a } from '../compare/a.ts';"],
    ['src/shrink/sample.ts', "const a = await import('../campaign/a.ts');"],
    ['src/cli/sample.ts', "import { a } from '../clif/a.ts';"],
    ['src/report/sample.ts', 'await import(name);'],
    ['src/novel/sample.ts', ''],
  ])('finds what is forbidden in %s: %s', (path, text) => {
    expect(forbiddenImports(sourceFrom(path, text))).toHaveLength(1);
  });

  it.each([
    ['src/emulator/sample.ts', "import type { A } from '../backend/a.ts';"],
    ['src/gen/sample.test.ts', "import { a } from '../oracle/a.ts';"],
    ['src/campaign/sample.ts', "import { a } from '../shrink/a.ts';"],
  ])('allows in %s: %s', (path, text) => {
    expect(forbiddenImports(sourceFrom(path, text))).toEqual([]);
  });
});

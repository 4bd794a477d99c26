import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  copyProject,
  ensureReady,
  runCallfuzz,
  temporaryFolder,
  type RunOptions,
} from './callfuzz-process.ts';

let scratch: string;

beforeAll(async () => {
  await ensureReady();
  scratch = temporaryFolder('bad-input');
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

/** The one line that a command says before it ends with 2. */
async function complaint(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await runCallfuzz(args, options);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^callfuzz: \S/);
  return lines[0] ?? '';
}

const REPORTS = (): readonly string[] => ['--reports', join(scratch, 'reports')];

describe('arguments', () => {
  it.each([
    ['an unknown option', ['fuzz', '--seed', '1', '--bogus'], '--bogus'],
    ['an unknown command', ['frobnicate'], 'frobnicate'],
    ['a seed without a value', ['fuzz', '--seed'], '--seed'],
    ['no seed', ['fuzz'], '--seed'],
    ['cases that are no number', ['fuzz', '--seed', '1', '--cases', 'ten'], 'whole number from 1'],
    ['no cases', ['fuzz', '--seed', '1', '--cases', '0'], 'whole number from 1'],
    ['minutes below zero', ['fuzz', '--seed', '1', '--minutes', '-1'], 'minutes'],
    ['a shard that is none', ['fuzz', '--seed', '1', '--shard', '2/2'], 'i/n'],
    ['an unknown profile', ['fuzz', '--seed', '1', '--profile', 'nothing'], 'default'],
    ['nothing to replay', ['replay'], '.clif'],
    ['a Cranelift that is no version', ['fuzz', '--seed', '1', '--cranelift', 'newest'], 'newest'],
    ['a path without Cranelift', ['fuzz', '--seed', '1', '--cranelift', 'path:/nowhere'], '/nowhere'],
  ])('%s', async (_, args, mentioned) => {
    expect(await complaint(args)).toContain(mentioned);
    expect(existsSync(join(scratch, 'reports'))).toBe(false);
  });
});

describe('a Cranelift', () => {
  it('that crates.io does not have: which it has', async () => {
    const { code, stdout, stderr } = await runCallfuzz([
      'fuzz',
      '--seed',
      '1',
      '--cranelift',
      '0.999.0',
      ...REPORTS(),
    ]);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    // Above it stand cargo's own lines.
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^callfuzz: crates\.io has no cranelift-codegen 0\.999\.0; it has /,
    );
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe('files', () => {
  it('that are not there', async () => {
    expect(await complaint(['replay', join(scratch, 'none.clif')])).toContain('none.clif: no such file');
  });

  it('that are no CLIF: file, line, column, and what was expected', async () => {
    const path = file(
      'bad.clif',
      'function %main() system_v {\nblock0:\n    v0 = iconst.i64 )\n    return\n}\n',
    );
    const line = await complaint(['replay', path]);
    expect(line).toContain(`${path}:3:21: `);
    expect(line).toContain('expected');
  });

  it('that are not text', async () => {
    const path = file('binary.clif', '\u0000\u0001\u0002');
    expect(await complaint(['replay', path])).toContain(`${path}:1:1: `);
  });

  it('without a function', async () => {
    expect(await complaint(['replay', file('empty.clif', 'test run\n')])).toContain('empty.clif');
  });

  it('that hold what this tool cannot run: which instruction', async () => {
    const path = file(
      'special.clif',
      `function %main(i64) -> i64 tail {
block0(v0: i64):
    brif v0, block1, block2
block1:
    debugtrap
    jump block2
block2:
    return v0
}
`,
    );
    const { code, stdout, stderr } = await runCallfuzz(['replay', path]);
    expect(code, stdout + stderr).toBe(2);
    expect(stdout + stderr).toContain('debugtrap');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('that are a damaged corpus entry', async () => {
    const path = file('entry.clif', 'function %main() system_v {\nblock0:\n    return\n}\n');
    file('entry.json', '{"schema": "callfuzz.entry/1"}');
    expect(await complaint(['replay', path])).toMatch(/entry\.json: damaged corpus entry: \S+: /);
    file('entry.json', 'nonsense');
    expect(await complaint(['replay', path])).toContain('entry.json: not JSON');
  });
});

describe('folders', () => {
  it('for reports that cannot be written', async () => {
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', '--reports', '/proc/callfuzz']);
    expect(line).toContain('/proc/callfuzz');
  });

  it('of the summary that are not there', async () => {
    const json = join(scratch, 'none/out.json');
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', '--json', json, ...REPORTS()]);
    expect(line).toContain(json);
  });

  it('of the cache that cannot be written', async () => {
    const env = { ...process.env, CALLFUZZ_CACHE: '/proc/callfuzz' };
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', ...REPORTS()], { env });
    expect(line).toContain('CALLFUZZ_CACHE');
  });
});

describe('a journal', () => {
  const args = (): readonly string[] => [
    'fuzz',
    '--seed',
    'j',
    '--cases',
    '100',
    '--shrink-attempts',
    '0',
    ...REPORTS(),
  ];

  it('that is not there cannot be resumed', async () => {
    expect(await complaint([...args(), '--resume'])).toContain('--resume');
  });

  it('that is damaged is named by file and line and left as it is', async () => {
    expect((await runCallfuzz(args())).code).toBe(0);
    const reports = join(scratch, 'reports');
    const journal = join(reports, readdirSync(reports)[0] ?? '', 'journal.jsonl');
    const text = readFileSync(journal, 'utf8').replace('"to":', '"till":');
    writeFileSync(journal, text);
    const before = readdirSync(reports);
    expect(await complaint([...args(), '--resume'])).toContain(`${journal}:2: `);
    expect(readFileSync(journal, 'utf8')).toBe(text);
    expect(readdirSync(reports)).toEqual(before);
  });

  it('of another Cranelift or profile is not taken', async () => {
    const reports = join(scratch, 'reports');
    const journal = join(reports, readdirSync(reports)[0] ?? '', 'journal.jsonl');
    writeFileSync(
      journal,
      readFileSync(journal, 'utf8').replaceAll('"till":', '"to":').replace('"seed":"j"', '"seed":"k"'),
    );
    expect(await complaint([...args(), '--resume'])).toContain('seed');
  });
});

describe('known issues', () => {
  it('that are damaged are named by file', async () => {
    const root = copyProject('damaged-issue', () => false);
    writeFileSync(join(root, 'known-issues/broken.json'), '{');
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', ...REPORTS()], { root });
    expect(line).toContain('broken.json');
    rmSync(root, { recursive: true });
  });
});

describe('the machine', () => {
  function which(name: string): string {
    return spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim();
  }

  /** A PATH with the toolchain and no QEMU but the one put there. */
  function pathWith(qemu: string | null): NodeJS.ProcessEnv {
    const bin = join(scratch, qemu === null ? 'bin' : 'bin-qemu');
    mkdirSync(bin);
    for (const name of ['cargo', 'rustc', 'rustup', 'cc', 'riscv64-linux-gnu-gcc', 'sh', 'cat', 'env']) {
      const found = which(name);
      if (found !== '') symlinkSync(found, join(bin, name));
    }
    if (qemu !== null) {
      writeFileSync(join(bin, 'qemu-riscv64'), qemu);
      chmodSync(join(bin, 'qemu-riscv64'), 0o755);
    }
    return { ...process.env, PATH: [bin].join(delimiter) };
  }

  it('without QEMU is told what to install', async () => {
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', ...REPORTS()], {
      env: pathWith(null),
    });
    expect(line).toMatch(/qemu-riscv64.*qemu-user/);
  });

  it('with a QEMU too old is told which is needed', async () => {
    const env = pathWith('#!/bin/sh\necho "qemu-riscv64 version 5.2.0"\n');
    const line = await complaint(['fuzz', '--seed', '1', '--cases', '1', ...REPORTS()], { env });
    expect(line).toContain('5.2.0');
    expect(line).toMatch(/at least \d+\.\d+/);
  });
});

describe('a file with an entry beside it', () => {
  it('is not overwritten by a shrink that finds nothing', async () => {
    const path = file(
      'fine.clif',
      'function %main() -> i64 system_v {\nblock0:\n    v0 = iconst.i64 1\n    return v0\n}\n',
    );
    const copy = `${path}.copy`;
    cpSync(path, copy);
    const { code, stdout, stderr } = await runCallfuzz(['shrink', path, '--out', join(scratch, 'shrunk')]);
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).toContain('nothing to shrink');
    expect(readFileSync(path, 'utf8')).toBe(readFileSync(copy, 'utf8'));
  });
});

import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { UsageError } from '../clif/harness-error.ts';
import { hashContentRemembered, listFiles, syncFiles } from './directory-content.ts';
import { parseDriverSpec } from './driver-spec.ts';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'driver-spec-'));
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

function put(path: string, text: string): void {
  mkdirSync(join(home, path, '..'), { recursive: true });
  writeFileSync(join(home, path), text);
}

describe('parseDriverSpec', () => {
  it('reads versions', () => {
    expect(parseDriverSpec('0.121')).toEqual({ kind: 'version', version: '0.121' });
    expect(parseDriverSpec('0.121.2')).toEqual({ kind: 'version', version: '0.121.2' });
  });

  it('knows a changed crate, there or one folder below, and a checkout', () => {
    const manifest =
      '[package]\nedition = "2024"\nname = "cranelift-codegen"\nversion = "0.1.2"\n[lib]\nname = "x"\n';
    put('a/Cargo.toml', manifest);
    put('b/cranelift-codegen/Cargo.toml', manifest);
    put('c/cranelift/codegen/Cargo.toml', 'version.workspace = true\n');
    const crate = (directory: string) => ({
      kind: 'patched',
      crateDirectory: join(home, directory),
      version: '0.1.2',
    });
    expect(parseDriverSpec(`path:${home}/a`)).toEqual(crate('a'));
    expect(parseDriverSpec(`path:${home}/b`)).toEqual(crate('b/cranelift-codegen'));
    expect(parseDriverSpec(`path:${home}/c`)).toEqual({ kind: 'checkout', directory: join(home, 'c') });
  });

  it('refuses anything else in one line', () => {
    put('a/Cargo.toml', '[package]\nname = "other"\nversion = "1.0.0"\n');
    put('b/Cargo.toml', '[package]\nname = "cranelift-codegen"\nversion.workspace = true\n');
    for (const text of ['', 'latest', '1.2.3', '0.121.2; rm', 'path:', `path:${home}/a`, `path:${home}/b`]) {
      expect(() => parseDriverSpec(text)).toThrow(UsageError);
      expect(() => parseDriverSpec(text)).toThrow(/^[^\n]+$/);
    }
  });
});

describe('a directory’s content', () => {
  it('has one hash, remembered until a file changes', () => {
    put('src/a.rs', 'one');
    put('src/target/skipped', 'x');
    const hash = (): string =>
      hashContentRemembered(join(home, 'src'), listFiles(join(home, 'src')), join(home, 'memo'));
    const first = hash();
    expect(hash()).toBe(first);
    put('src/a.rs', 'two');
    expect(hash()).not.toBe(first);
    put('src/a.rs', 'one');
    expect(hash()).toBe(first);
  });

  it('is copied without touching what is the same', () => {
    put('src/a.rs', 'a');
    put('src/b/c.rs', 'c');
    put('copy/a.rs', 'a');
    put('copy/gone.rs', 'g');
    utimesSync(join(home, 'copy/a.rs'), 1000, 1000);
    syncFiles(join(home, 'src'), listFiles(join(home, 'src')), join(home, 'copy'));
    expect(listFiles(join(home, 'copy'))).toEqual(['a.rs', 'b/c.rs']);
    expect(statSync(join(home, 'copy/a.rs')).mtimeMs).toBe(1_000_000);
  });
});

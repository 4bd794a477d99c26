import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { UsageError } from '../clif/harness-error.ts';

/** The newest Cranelift that the rustc of its time accepts, as `driver/Cargo.toml` pins it. */
export const DEFAULT_CRANELIFT = '0.135.8';

/** Which Cranelift to build a driver with. */
export type DriverSpec =
  /** From crates.io. `0.121` is that release's newest patch. */
  | { readonly kind: 'version'; readonly version: string }
  /** A changed cranelift-codegen crate; everything else of its version from crates.io. */
  | { readonly kind: 'patched'; readonly crateDirectory: string; readonly version: string }
  /** A checkout of Wasmtime's repository. */
  | { readonly kind: 'checkout'; readonly directory: string };

const VERSION = /^0\.\d+(\.\d+)?$/;
const PATH_PREFIX = 'path:';

/** Reads `0.121`, `0.121.2` or `path:DIR`. Throws UsageError for anything else, and for a DIR that is no Cranelift. */
export function parseDriverSpec(text: string): DriverSpec {
  if (!text.startsWith(PATH_PREFIX)) {
    if (VERSION.test(text)) return { kind: 'version', version: text };
    throw new UsageError(
      `not a Cranelift: ${JSON.stringify(text)}; expected a version such as ${DEFAULT_CRANELIFT} or 0.121, or path:DIR`,
    );
  }
  const directory = resolve(text.slice(PATH_PREFIX.length));
  if (existsSync(join(directory, 'cranelift/codegen/Cargo.toml'))) return { kind: 'checkout', directory };
  for (const crateDirectory of [directory, join(directory, 'cranelift-codegen')]) {
    const manifestPath = join(crateDirectory, 'Cargo.toml');
    if (!existsSync(manifestPath)) continue;
    const fields = packageFields(readFileSync(manifestPath, 'utf8'));
    if (fields.get('name') !== 'cranelift-codegen') continue;
    const version = fields.get('version');
    if (version === undefined) {
      throw new UsageError(
        `${manifestPath} takes its version from a workspace: name the root of the Wasmtime checkout instead`,
      );
    }
    return { kind: 'patched', crateDirectory, version };
  }
  throw new UsageError(
    `${directory} holds no cranelift-codegen: expected its Cargo.toml there or in cranelift-codegen/, or a Wasmtime checkout`,
  );
}

/** The string-valued keys of a manifest's `[package]` table. */
function packageFields(manifest: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let inPackage = false;
  for (const line of manifest.split('\n')) {
    if (line.startsWith('[')) inPackage = line.trim() === '[package]';
    const match = inPackage ? /^(\w[\w-]*)\s*=\s*"([^"]*)"/.exec(line) : null;
    if (match?.[1] !== undefined && match[2] !== undefined) fields.set(match[1], match[2]);
  }
  return fields;
}

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { hashContent, listFiles } from './directory-content.ts';
import { crateFolder, defaultCacheDir, installFiles } from './driver-build.ts';
import { DEFAULT_CRANELIFT } from './driver-spec.ts';
import { withFileLock } from './file-lock.ts';
import { makeFolder } from './make-folder.ts';
import { explainCargoFailure, runCargo, rustcVersion } from './rust-toolchain.ts';

export interface EnsureOpinionsOptions {
  /** Gets one line at a time while it is built. */
  readonly onProgress?: (line: string) => void;
  /** Default: that of the drivers. */
  readonly cacheDir?: string;
}

const BINARY = 'callfuzz-opinions';

/**
 * The path of the binary of `opinions/`, from the cache or built now. Its sources and the rustc name it; its Cranelift is
 * always the one of its `Cargo.lock`. Throws UsageError, one line, for what the user can mend.
 */
export async function ensureOpinions(options: EnsureOpinionsOptions = {}): Promise<string> {
  const cacheDir = options.cacheDir ?? defaultCacheDir();
  const onProgress = options.onProgress ?? ((): void => undefined);
  makeFolder(join(cacheDir, 'build'));
  const rustc = await rustcVersion(process.env, join(cacheDir, 'memo'));
  const sources = crateFolder('opinions');
  const key = createHash('sha256')
    .update(`${rustc}\n${hashContent(sources, listFiles(sources))}`)
    .digest('hex');
  const home = join(cacheDir, 'opinions', key.slice(0, 20));
  const path = join(home, BINARY);
  if (existsSync(path)) return path;
  const onWait = (): void => onProgress('another process is building; waiting for it');
  return withFileLock(join(cacheDir, 'build.lock'), onWait, async () => {
    if (existsSync(path)) return path;
    const target = join(cacheDir, 'target');
    const args = ['build', '--release', '--locked', '--target-dir', target];
    const run = await runCargo(args, sources, process.env, onProgress);
    if (!run.ok) {
      const logPath = join(cacheDir, 'build', 'opinions.log');
      writeFileSync(logPath, run.log);
      throw explainCargoFailure(run.log, `cranelift-interpreter ${DEFAULT_CRANELIFT}`, rustc, logPath);
    }
    installFiles(home, [[BINARY, (file): void => copyFileSync(join(target, 'release', BINARY), file)]]);
    return path;
  });
}

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 200;

/**
 * Runs `work` while no other process on this machine runs under the same lock file. A lock whose process is gone is
 * taken over. `onWait` is called once if another process holds it.
 */
export async function withFileLock<T>(path: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let waits = 0; !tryLock(path); waits += 1) {
    if (waits === 0) onWait();
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isErrorCode(error, 'EEXIST')) throw error;
  }
  if (!isHolderGone(path)) return false;
  rmSync(path, { force: true });
  return false;
}

function isHolderGone(path: string): boolean {
  try {
    const holder = Number(readFileSync(path, 'utf8'));
    // Empty for the moment between the file's making and its writing.
    if (!Number.isInteger(holder) || holder <= 0) return false;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return isErrorCode(error, 'ESRCH');
  }
}

function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

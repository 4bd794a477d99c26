import { expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processorTimeMs } from './processor-time.ts';

const BUSY_MS = 300;
/** Keeps a processor busy, in a process below a process, and waits. */
const PROGRAM = `
  const { fork } = require('node:child_process');
  if (process.argv[2] === undefined) fork(process.argv[1], ['below']).on('message', () => process.send('done'));
  else {
    while (process.cpuUsage().user < ${BUSY_MS}000);
    process.send('done');
    process.on('disconnect', () => process.exit());
  }
`;

it('counts what a process below a process takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'processor-time-'));
  const file = join(folder, 'busy.cjs');
  writeFileSync(file, PROGRAM);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  try {
    await once(child, 'message');
    expect(processorTimeMs(child.pid ?? 0)).toBeGreaterThanOrEqual(BUSY_MS);
  } finally {
    child.kill();
    rmSync(folder, { recursive: true });
  }
});

it('of no process is 0', () => {
  expect(processorTimeMs(2 ** 30)).toBe(0);
});

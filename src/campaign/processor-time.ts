import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Of the times in /proc/PID/stat: USER_HZ, which Linux fixes at 100 a second for all that it tells programs. */
const TICK_MS = 10;
/** utime, stime, cutime and cstime, counted from the state that follows the name (proc(5)). */
const TIMES_FROM = 11;
const TIMES_TO = 15;

/** Of one process and of its children that have ended; 0 where the system does not tell or the process is gone. */
function ownTimeMs(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  // A name may hold anything, a parenthesis too.
  const [, afterName = ''] = /^.*\) (.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
  const times = afterName.split(' ').slice(TIMES_FROM, TIMES_TO);
  return times.reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

function childrenOf(pid: number): readonly number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) => {
    const file = `${tasks}/${task}/children`;
    return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  });
}

/**
 * Processor time, in milliseconds, that a process and all below it have taken so far; 0 where the system does not tell. Of a machine with
 * other work on it this says more than the time on the wall.
 */
export function processorTimeMs(pid: number): number {
  return childrenOf(pid).reduce((sum, child) => sum + processorTimeMs(child), ownTimeMs(pid));
}

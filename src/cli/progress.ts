import { Presets, SingleBar } from 'cli-progress';
import type { Tally } from '../campaign/tally.ts';

export interface Progress {
  readonly update: (tally: Readonly<Tally>) => void;
  readonly note: (line: string) => void;
  readonly end: () => void;
}

/** Plain lines come no more often than this. */
const LINE_INTERVAL_MS = 5000;

export interface Bounds {
  readonly cases: number | null;
  readonly minutes: number | null;
}

function verdictsText(tally: Readonly<Tally>): string {
  return Object.entries(tally.verdicts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
}

/** Share of the campaign that is done, 0 to 1, by cases or by time, whichever is further. */
function doneShare(tally: Readonly<Tally>, bounds: Bounds, seconds: number): number {
  const byCases = bounds.cases === null ? 0 : tally.cases / bounds.cases;
  const byTime = bounds.minutes === null ? 0 : seconds / (bounds.minutes * 60);
  return Math.min(1, Math.max(byCases, byTime));
}

function leftText(share: number, seconds: number): string {
  if (share <= 0) return 'time left unknown';
  return `${Math.max(0, Math.round(seconds / share - seconds))} s left`;
}

/** A bar on a terminal, plain lines elsewhere: cases, cases/s, verdicts, findings, time left. */
export function openProgress(stream: NodeJS.WriteStream, bounds: Bounds, now: () => number): Progress {
  const started = now();
  const isTerminal = stream.isTTY;
  let lastLine = started;
  const bar = isTerminal
    ? new SingleBar(
        { stream, format: '{bar} {percentage} % | {text}', hideCursor: true },
        Presets.shades_classic,
      )
    : null;
  let isOpen = false;
  const text = (tally: Readonly<Tally>): string => {
    const seconds = Math.max(0.001, tally.seconds);
    const share = doneShare(tally, bounds, tally.seconds);
    const found = new Set(tally.findings.map((f) => f.coarse)).size;
    return `${tally.cases} cases, ${(tally.cases / seconds).toFixed(0)} cases/s, ${verdictsText(tally)}, findings ${found}, ${leftText(share, seconds)}`;
  };
  return {
    update: (tally) => {
      if (bar !== null) {
        if (!isOpen) bar.start(100, 0, { text: '' });
        isOpen = true;
        bar.update(Math.floor(doneShare(tally, bounds, tally.seconds) * 100), { text: text(tally) });
      } else if (now() - lastLine > LINE_INTERVAL_MS) {
        lastLine = now();
        stream.write(`${text(tally)}\n`);
      }
    },
    note: (line) => {
      if (isOpen && bar !== null) bar.stop();
      isOpen = false;
      stream.write(`${line}\n`);
    },
    end: () => {
      if (isOpen && bar !== null) bar.stop();
      isOpen = false;
    },
  };
}

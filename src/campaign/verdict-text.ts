import type { ReplayVerdict } from './replay.ts';

/** A verdict in one line for people. */
export function verdictText(verdict: ReplayVerdict): string {
  switch (verdict.kind) {
    case 'agree':
      return 'agree';
    case 'declined':
      return `declined: ${verdict.reason}`;
    case 'cannot-run':
      return `cannot be run: ${verdict.reason}`;
    case 'invalid':
      return `invalid: ${verdict.explanation}`;
    case 'finding':
      return `${verdict.finding.kind}, ${verdict.finding.place}: ${verdict.finding.detail}`;
    case 'flaky':
      return `flaky (did not repeat in a fresh emulator): ${verdict.finding.detail}`;
  }
}

import type { Verdict } from '../compare/verdict.ts';

/** A verdict in one line for people. */
export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'agree':
      return 'agree';
    case 'declined':
      return `declined: ${verdict.reason}`;
    case 'invalid':
      return `invalid: ${verdict.explanation}`;
    case 'finding':
      return `${verdict.finding.kind}, ${verdict.finding.place}: ${verdict.finding.detail}`;
    case 'flaky':
      return `flaky (did not repeat in a fresh emulator): ${verdict.finding.detail}`;
  }
}

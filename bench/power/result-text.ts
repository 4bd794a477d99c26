import type { Hunt, Repro } from './hunt.ts';
import { isSmall, MAX_FUNCTIONS, MAX_INSTRUCTIONS } from './hunt.ts';

/** What came of one row: a fault, or a bug of a release. */
export interface Result {
  readonly name: string;
  readonly class: string;
  readonly what: string;
  readonly profile: string;
  readonly buildSeconds: number;
  readonly hunt: Hunt;
  /** Whether repros were asked for, so that their absence means something. */
  readonly isShrunk: boolean;
}

export function isFound(result: Result): boolean {
  return result.hunt.first !== null;
}

export function isRightSize(result: Result): boolean {
  return !result.isShrunk || (result.hunt.best !== null && isSmall(result.hunt.best));
}

function reproText(repro: Repro): string {
  return (
    `  ${repro.functions} functions, ${repro.instructions} instructions after ${repro.attempts} attempts in ${repro.seconds.toFixed(1)} s` +
    `${repro.isBounded ? ' (bounded)' : ''}${repro.isSoundClean ? '' : ', fails without the fault too'}: ${repro.bucket}\n  ${repro.file}`
  );
}

/** One result in a few lines. */
export function resultText(result: Result): string {
  const { hunt } = result;
  const { first } = hunt;
  const head = `${result.name} (${result.class}): ${isFound(result) ? 'found' : 'missed'}`;
  const build = `build ${result.buildSeconds.toFixed(1)} s`;
  const ran = `${hunt.cases} cases in ${hunt.seconds.toFixed(1)} s`;
  if (first === null) {
    const looked = hunt.looked === 0 ? 'nothing new' : `none of ${hunt.looked} findings counts`;
    return `${head}, ${looked} in ${ran}, ${build}`;
  }
  const shown = hunt.best === null ? hunt.repros : [hunt.best];
  return [
    `${head} after ${first.seconds.toFixed(1)} s and ${first.cases} cases by ${first.check}, ${build}`,
    `  ${first.bucket}: ${first.detail.split('\n', 1)[0]}`,
    ...shown.map(reproText),
  ].join('\n');
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (upper + lower) / 2;
}

/** `70 found, 2 missed, median 1.4 s`, and the names that need a look. */
export function totalText(results: readonly Result[]): string {
  const found = results.filter(isFound);
  const missed = results.filter((result) => !isFound(result));
  const large = found.filter((result) => !isRightSize(result));
  const seconds = found.map((result) => result.hunt.first?.seconds ?? 0);
  const lines = [
    `${found.length} found, ${missed.length} missed, median ${median(seconds).toFixed(1)} s`,
    ...(missed.length === 0 ? [] : [`missed: ${missed.map((r) => r.name).join(', ')}`]),
    ...(large.length === 0
      ? []
      : [
          `not made as small as ${MAX_FUNCTIONS} functions and ${MAX_INSTRUCTIONS} instructions: ${large.map((r) => r.name).join(', ')}`,
        ]),
  ];
  return lines.join('\n');
}

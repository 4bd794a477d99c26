import type { Driver } from '../../src/backend/driver.ts';
import { differenceOf, readerBreak } from './differences.ts';
import type { Mutant } from './mutant-sources.ts';
import { type Answer, askParser, askReader, functionsOnly } from './sides.ts';
import { shrinkText } from './shrink-text.ts';

export interface Example {
  count: number;
  readonly isKnown: boolean;
  readonly source: string;
  /** As both readers were asked about it; the shortest of its class, then without what it can do without. */
  text: string;
  ours: Answer;
  theirs: Answer;
}

export interface Agreement {
  readonly mutants: number;
  /** What the parser says of the whole text, header and run lines with it. */
  readonly parsed: number;
  readonly refused: number;
  /** Of functions alone: both accept, both refuse. */
  readonly bothAccept: number;
  readonly bothRefuse: number;
  readonly slowestMs: number;
  readonly slowest: string;
  /** Threw, or took longer than allowed. */
  readonly faults: readonly { readonly text: string; readonly what: string }[];
  readonly differences: ReadonlyMap<string, Example>;
  /** Panics and ends of Cranelift's reader, by place. */
  readonly readerBreaks: ReadonlyMap<string, Example>;
}

const AT_ONCE = 64;

function note(
  classes: Map<string, Example>,
  name: string,
  isKnown: boolean,
  found: Omit<Example, 'count' | 'isKnown'>,
): void {
  const known = classes.get(name);
  if (known === undefined) {
    classes.set(name, { count: 1, isKnown, ...found });
    return;
  }
  known.count += 1;
  if (found.text.length >= known.text.length) return;
  known.text = found.text;
  known.ours = found.ours;
  known.theirs = found.theirs;
}

/** Asks both readers about `count` mutants; a parse may take `limitMs`. Examples are made small at the end. */
export async function compareReaders(
  driver: Driver,
  next: () => Mutant,
  count: number,
  limitMs: number,
): Promise<Agreement> {
  const differences = new Map<string, Example>();
  const readerBreaks = new Map<string, Example>();
  const faults: { text: string; what: string }[] = [];
  let [parsed, bothAccept, bothRefuse, slowestMs, slowest] = [0, 0, 0, 0, ''];
  const parse = (text: string): Answer => {
    const { answer, ms } = askParser(text);
    if (ms > slowestMs) [slowestMs, slowest] = [ms, text];
    if (ms > limitMs) faults.push({ text, what: `took ${ms.toFixed(0)} ms` });
    if (answer.kind === 'breaks') faults.push({ text, what: `${answer.message} ${answer.where}` });
    if (answer.kind === 'refuses' && (answer.line < 1 || answer.line > text.split('\n').length))
      faults.push({ text, what: `line ${answer.line} is not in the text` });
    return answer;
  };
  for (let done = 0; done < count; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - done) }, () => {
      const { name, text: whole } = next();
      if (parse(whole).kind === 'accepts') parsed += 1;
      const text = functionsOnly(whole);
      return { source: name, text, theirs: askReader(driver, text) };
    });
    // While the reader works on them.
    const ours = batch.map(({ text }) => parse(text));
    for (const [i, { source, text, theirs: pending }] of batch.entries()) {
      const own = ours[i];
      if (own === undefined) continue;
      const theirs = await pending;
      const place = readerBreak(theirs);
      if (place !== null) note(readerBreaks, place, false, { source, text, ours: own, theirs });
      const difference = differenceOf(own, theirs, text);
      if (difference !== null)
        note(differences, difference.name, difference.isKnown, { source, text, ours: own, theirs });
      else if (own.kind === 'accepts') bothAccept += 1;
      else bothRefuse += 1;
    }
  }
  for (const [name, example] of differences) {
    await makeSmall(driver, example, (own, theirs, text) => differenceOf(own, theirs, text)?.name === name);
  }
  for (const [place, example] of readerBreaks) {
    await makeSmall(driver, example, (_, theirs) => readerBreak(theirs) === place);
  }
  const refused = count - parsed;
  return {
    mutants: count,
    parsed,
    refused,
    bothAccept,
    bothRefuse,
    slowestMs,
    slowest,
    faults,
    differences,
    readerBreaks,
  };
}

async function makeSmall(
  driver: Driver,
  example: Example,
  isSame: (ours: Answer, theirs: Answer, text: string) => boolean,
): Promise<void> {
  example.text = await shrinkText(example.text, async (candidate) => {
    const ours = askParser(candidate).answer;
    return isSame(ours, await askReader(driver, candidate), candidate);
  });
  example.ours = askParser(example.text).answer;
  example.theirs = await askReader(driver, example.text);
}

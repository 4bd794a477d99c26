import { whyNotPsabi } from '../abi/psabi.ts';
import { throwCalleesOf } from '../backend/throw-callees.ts';
import { functionNameText } from '../clif/module.ts';
import type { Outcome } from '../clif/outcome.ts';
import { judgeParty, needsOwnRun } from '../compare/judge-parties.ts';
import type { CalleeRun, PartyDraft } from '../compare/judge-parties.ts';
import { outcomeText, PLACE_SEPARATOR, violationDraft } from '../compare/outcomes.ts';
import type { Finding } from '../compare/verdict.ts';
import type { Observation } from '../emulator/observe.ts';
import {
  callAsForeigner,
  callForeign,
  checkForeigners,
  partyImage,
  recordedCalls,
  type PartiesRun,
  type PartyImage,
} from './foreign-calls.ts';
import type { TracedCall, TracedRun } from './oracle-calls.ts';

function calleeRun({ outcome }: Observation): CalleeRun {
  return { words: outcome.kind === 'returned' ? outcome.results : null, outcome: outcomeText(outcome) };
}

/** Rules broken beside arguments and results, which are judged by the words themselves. */
function otherDraft(observation: Observation): readonly PartyDraft[] {
  const draft = violationDraft(observation.violations.filter((v) => !v.name.startsWith('high bits')));
  return draft === null ? [] : [draft];
}

interface Seen {
  readonly draft: PartyDraft;
  readonly input: number;
  readonly observed: Outcome;
}

function endsAs(trace: TracedRun, observation: Observation, calls: number): boolean {
  const logged = observation.calls?.entries.filter((entry) => entry.kind === 'call').length ?? 0;
  const isWhole = observation.calls?.isCut === true || logged === calls;
  return isWhole && outcomeText(observation.outcome) === outcomeText(trace.outcome);
}

/** What one input makes of a function, in the oracle. */
interface Meeting {
  readonly input: number;
  readonly trace: TracedRun;
  readonly calls: readonly TracedCall[];
  readonly first: TracedCall;
}

function meetingsOf(run: PartiesRun, name: string): readonly Meeting[] {
  return run.traces.flatMap((trace, input): readonly Meeting[] => {
    const calls = trace.calls.filter((call) => call.name === name);
    const [first] = calls;
    // What never returns has no answer to give.
    const isAnswered = trace.outcome.kind === 'returned' && calls.every((call) => call.results !== null);
    return first !== undefined && isAnswered ? [{ input, trace, calls, first }] : [];
  });
}

function judgeMeeting(
  image: PartyImage,
  { input, trace, calls, first }: Meeting,
  calling: Observation,
  called: Observation,
  byOwn: Observation | undefined,
): readonly Seen[] {
  const drafts = [
    ...judgeParty(
      image.party,
      {
        calls: recordedCalls(calling, calls),
        endsRight: endsAs(trace, calling, calls.length),
        outcome: outcomeText(calling.outcome),
      },
      {
        results: first.results ?? [],
        byPsabi: calleeRun(called),
        byOwn: byOwn === undefined ? null : calleeRun(byOwn),
      },
    ),
    ...otherDraft(calling),
    ...otherDraft(called),
  ];
  return drafts.map((draft) => ({ draft, input, observed: calling.outcome }));
}

/** One function, on the calls that the inputs make of it. */
async function meetParty(run: PartiesRun, image: PartyImage): Promise<readonly Seen[]> {
  const meetings = meetingsOf(run, image.party.name);
  const [earliest] = meetings;
  if (earliest === undefined) return [];
  const firsts = meetings.map(({ first }) => first);
  const [called, calling] = await Promise.all([
    callAsForeigner(run, image, image.party.psabi, firsts),
    Promise.all(meetings.map(({ input, calls }) => callForeign(run, image, input, calls))),
    // Nothing compiled takes part, so that one configuration tells all.
    run.configuration === 0 ? checkForeigners(run, image, earliest.first) : undefined,
  ]);
  const poisons = run.seeds.length;
  const isOwnNeeded = called.some((observation, i) => {
    const results = firsts[Math.floor(i / poisons)]?.results ?? [];
    return needsOwnRun(image.party, { results, byPsabi: calleeRun(observation) });
  });
  const own = isOwnNeeded ? await callAsForeigner(run, image, image.party.own, firsts) : [];
  return meetings.flatMap((meeting, m) =>
    (calling[m] ?? []).flatMap((observation, poison) => {
      const byPsabi = called[m * poisons + poison];
      if (byPsabi === undefined) return [];
      return judgeMeeting(image, meeting, observation, byPsabi, own[m * poisons + poison]);
    }),
  );
}

/** What one side alone is guilty of goes before what both agree on. */
const ORDER: readonly Finding['kind'][] = ['guest-fault', 'abi-violation', 'psabi-divergence'];

function findingOf(run: PartiesRun, seen: readonly Seen[]): Finding | null {
  for (const kind of ORDER) {
    const own = seen.filter(({ draft }) => draft.kind === kind);
    const [first] = own;
    if (first === undefined) continue;
    const details = new Map<string, string>();
    for (const { draft } of own) if (!details.has(draft.place)) details.set(draft.place, draft.detail);
    const places = [...details].sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = new Set(places.flatMap(([place]) => place.split(PLACE_SEPARATOR)));
    return {
      kind,
      place: [...parts].sort().join(PLACE_SEPARATOR),
      detail: places.map(([, detail]) => detail).join('; '),
      configuration: run.configuration,
      input: first.input,
      expected: run.traces[first.input]?.outcome ?? null,
      observed: first.observed,
    };
  }
  return null;
}

/**
 * Lets each function that C could have written meet a foreign caller and, in its own place, a foreign callee; the module alone has
 * agreed with the oracle before. Null where nobody is guilty and the psABI is kept.
 */
export async function runParties(run: PartiesRun): Promise<Finding | null> {
  // C throws no exceptions, and those that CLIF throws need a veneer at every call.
  if (throwCalleesOf(run.kase.module).length > 0) return null;
  const entry = functionNameText(run.kase.entry);
  const called = new Set(
    run.traces.flatMap(({ outcome, calls }) =>
      outcome.kind === 'returned' ? calls.map((call) => call.name) : [],
    ),
  );
  const images = run.kase.module.functions
    .filter((fn) => {
      const name = functionNameText(fn.name);
      return name !== entry && called.has(name) && whyNotPsabi(fn.signature) === null;
    })
    .map((fn) => partyImage(run, fn));
  const seen = await Promise.all(images.map((image) => meetParty(run, image)));
  return findingOf(run, seen.flat());
}

/**
 * What a module shows alone and between parties. A rule broken by one side adds to the rules that the module breaks alone;
 * a divergence waits until it breaks none.
 */
export function withParties(alone: Finding | null, met: Finding | null): Finding | null {
  if (alone === null) return met;
  if (met === null || met.kind !== alone.kind) return alone;
  const parts = new Set([alone, met].flatMap(({ place }) => place.split(PLACE_SEPARATOR)));
  return {
    ...alone,
    place: [...parts].sort().join(PLACE_SEPARATOR),
    detail: alone.detail === met.detail ? alone.detail : `${alone.detail}; ${met.detail}`,
  };
}

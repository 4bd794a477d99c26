import type { Part, SignatureLayout } from '../abi/layout.ts';
import { CLAUSE_TEXTS } from '../abi/psabi-clauses.ts';
import type { ClauseId } from '../abi/psabi-clauses.ts';
import { fName, xName } from '../abi/registers.ts';
import { hex } from './outcomes.ts';
import { deviationsOf, resultWords } from './party-words.ts';
import type { Deviation, WordAt } from './party-words.ts';
import type { Finding } from './verdict.ts';

/*
 * A function of a module, met by code from elsewhere on either side: a foreign caller calls it, and a foreign callee stands in for
 * it. What each showed makes a verdict, and says who is guilty.
 */

/** The function, as the psABI and as Cranelift lay it out. */
export interface Party {
  readonly name: string;
  readonly psabi: SignatureLayout;
  readonly own: SignatureLayout;
}

/** One call that the foreign callee recorded. */
export interface RecordedCall {
  /** What the oracle passes there. */
  readonly args: readonly bigint[];
  readonly wordAt: WordAt;
}

/** The module with the function's place taken by a foreign callee. */
export interface CallerEvidence {
  readonly calls: readonly RecordedCall[];
  /** The module's outcome is the oracle's, after as many calls as the oracle makes. */
  readonly endsRight: boolean;
  readonly outcome: string;
}

/** The function called by a foreign caller: a0, a1, fa0, fa1, or null where it did not return. */
export interface CalleeRun {
  readonly words: readonly bigint[] | null;
  readonly outcome: string;
}

export interface CalleeEvidence {
  readonly results: readonly bigint[];
  /** Arguments where the psABI has them. */
  readonly byPsabi: CalleeRun;
  /** Arguments where Cranelift has them; needed only where the first is wrong. */
  readonly byOwn: CalleeRun | null;
}

/** A part of a finding. */
export type PartyDraft = Pick<Finding, 'kind' | 'place' | 'detail'>;

type Role = 'argument' | 'result';

function placeText({ place }: Part): string {
  if (place.kind === 'memory') return `sp+${place.offset}`;
  return place.kind === 'x' ? xName(place.register) : fName(place.register);
}

function clauseText(id: ClauseId): string {
  const { section, says } = CLAUSE_TEXTS[id];
  return `RISC-V psABI, ${section}: ${says}`;
}

function clauseOf({ part, aspect }: Deviation): ClauseId | null {
  return (aspect === 'rest' ? part.clauses?.rest : part.clauses?.place) ?? null;
}

function deviationText(party: Party, role: Role, deviation: Deviation, id = clauseOf(deviation)): string {
  const { index, part, expected, found } = deviation;
  const { type } = (role === 'argument' ? party.psabi.params : party.psabi.returns)[index] ?? { type: 'i64' };
  const by = id === null ? '' : `; ${clauseText(id)}`;
  return `${role} ${index} (${type}) of ${party.name}: expected ${hex(expected)} in ${placeText(part)}, found ${hex(found)}${by}`;
}

function divergence(party: Party, role: Role, deviation: Deviation, id = clauseOf(deviation)): PartyDraft {
  return {
    kind: 'psabi-divergence',
    place: `${id ?? 'another place'} (${role})`,
    detail: `${deviationText(party, role, deviation, id)}; caller and callee agree on it`,
  };
}

function guilt(party: Party, side: 'caller' | 'callee', role: Role, deviation: Deviation): PartyDraft {
  const what = deviation.aspect === 'rest' ? `high bits of ${role}` : role;
  const id = clauseOf(deviation);
  return {
    kind: 'abi-violation',
    place: `${side}: ${what}${id === null ? '' : `, ${id}`}`,
    detail: `the ${side} is wrong: ${deviationText(party, role, deviation)}`,
  };
}

function samePlace(a: Part | undefined, b: Part | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const [p, q] = [a.place, b.place];
  if (p.kind === 'memory') return q.kind === 'memory' && p.offset === q.offset;
  return q.kind === p.kind && q.register === p.register;
}

/** The first argument that Cranelift's layout has elsewhere than the psABI's, as a deviation without values. */
function firstDifference({ psabi, own }: Party): Deviation | null {
  for (const [index, { parts }] of psabi.params.entries()) {
    const part = parts.find((p, i) => !samePlace(p, own.params[index]?.parts[i]));
    if (part !== undefined) return { index, part, aspect: 'value', expected: 0n, found: 0n };
  }
  return null;
}

/** Whether what was found above the value is what the signature itself asks for, so that both sides mean the same by it. */
function isAsDeclared(layouts: SignatureLayout['params'], deviation: Deviation): boolean {
  const part = layouts[deviation.index]?.parts.find((p) => p.valueBit === deviation.part.valueBit);
  if (part === undefined || part.extension === deviation.part.extension) return false;
  const low = BigInt.asUintN(part.bits, deviation.found);
  const asked = part.extension === 'sext' ? BigInt.asUintN(64, BigInt.asIntN(part.bits, low)) : low;
  return part.extension !== 'none' && asked === deviation.found;
}

function restDrafts(
  party: Party,
  side: 'caller' | 'callee',
  role: Role,
  deviations: readonly Deviation[],
): readonly PartyDraft[] {
  const own = role === 'argument' ? party.own.params : party.own.returns;
  return deviations
    .filter((deviation) => deviation.aspect === 'rest')
    .map((deviation) =>
      isAsDeclared(own, deviation) ? divergence(party, role, deviation) : guilt(party, side, role, deviation),
    );
}

/** Whether Cranelift's layout has the argument in another place than the psABI's. */
function isElsewhere({ own }: Party, { index, part }: Deviation): boolean {
  return !samePlace(
    part,
    own.params[index]?.parts.find((p) => p.valueBit === part.valueBit),
  );
}

interface CallerSigns {
  /** An argument that is not where the psABI has it. */
  readonly argument: Deviation | null;
  /** The arguments of that call are where Cranelift has them. */
  readonly isOwnLayout: boolean;
  readonly rests: readonly Deviation[];
  /** With all arguments right, what followed was wrong. */
  readonly isLostAfterwards: boolean;
}

function isValueWrong(deviation: Deviation): boolean {
  return deviation.aspect === 'value';
}

function readCaller(party: Party, evidence: CallerEvidence): CallerSigns {
  const rests: Deviation[] = [];
  for (const [call, { args, wordAt }] of evidence.calls.entries()) {
    const deviations = deviationsOf(party.psabi.params, args, wordAt);
    if (deviations.length === 0) continue;
    const isOwnLayout = !deviationsOf(party.own.params, args, wordAt).some(isValueWrong);
    // Something else that lies in an argument's place may have its very bits, and only what is above gives it away.
    const argument =
      deviations.find(isValueWrong) ??
      (isOwnLayout ? deviations.find((deviation) => isElsewhere(party, deviation)) : undefined);
    if (argument === undefined) {
      rests.push(...deviations);
      continue;
    }
    // A wrong argument of a later call may have been computed from a result that was misread.
    if (call > 0 && !isOwnLayout) return { argument: null, isOwnLayout, rests, isLostAfterwards: true };
    return { argument, isOwnLayout, rests, isLostAfterwards: false };
  }
  return { argument: null, isOwnLayout: false, rests, isLostAfterwards: !evidence.endsRight };
}

interface CalleeSigns {
  readonly isMisunderstood: boolean;
  readonly result: Deviation | null;
  readonly rests: readonly Deviation[];
  /** Fails even with arguments where Cranelift has them. */
  readonly failure: string | null;
}

function readCallee(party: Party, { results, byPsabi, byOwn }: CalleeEvidence): CalleeSigns {
  const read = ({ words }: CalleeRun): readonly Deviation[] | null =>
    words === null ? null : deviationsOf(party.psabi.returns, results, resultWords(words));
  const first = read(byPsabi);
  if (first !== null && !first.some(isValueWrong))
    return { isMisunderstood: false, result: null, rests: first, failure: null };
  const second = byOwn === null ? null : read(byOwn);
  if (second === null) {
    return { isMisunderstood: false, result: null, rests: [], failure: (byOwn ?? byPsabi).outcome };
  }
  const result = second.find(isValueWrong) ?? null;
  return { isMisunderstood: result === null, result, rests: result === null ? second : [], failure: null };
}

/** Whether `judgeParty` will ask for the run with arguments where Cranelift has them. */
export function needsOwnRun(party: Party, { results, byPsabi }: Omit<CalleeEvidence, 'byOwn'>): boolean {
  if (byPsabi.words === null) return true;
  return deviationsOf(party.psabi.returns, results, resultWords(byPsabi.words)).some(isValueWrong);
}

function argumentDrafts(party: Party, caller: CallerSigns, callee: CalleeSigns): readonly PartyDraft[] {
  const { argument, isOwnLayout } = caller;
  if (argument !== null) {
    // The module agrees with itself, so where the caller keeps to Cranelift's layout the callee does too. What comes after the
    // first argument that Cranelift has elsewhere is elsewhere because of it.
    if (isOwnLayout)
      return [divergence(party, 'argument', argument, clauseOf(firstDifference(party) ?? argument))];
    // Elsewhere than either layout: no rule of Cranelift's that is known, so it has a place of its own.
    if (callee.isMisunderstood) {
      const draft = divergence(party, 'argument', argument);
      return [{ ...draft, place: `${draft.place}, by no known layout` }];
    }
    return [guilt(party, 'caller', 'argument', argument)];
  }
  if (!callee.isMisunderstood) return [];
  const difference = firstDifference(party);
  if (difference !== null) return [divergence(party, 'argument', difference)];
  const detail = `the callee is wrong: ${party.name} does not take its arguments where the psABI has them, and its callers pass them there`;
  return [{ kind: 'abi-violation', place: 'callee: arguments', detail }];
}

function resultDrafts(
  party: Party,
  evidence: CallerEvidence,
  caller: CallerSigns,
  callee: CalleeSigns,
): readonly PartyDraft[] {
  if (callee.result !== null) {
    return caller.isLostAfterwards
      ? [divergence(party, 'result', callee.result)]
      : [guilt(party, 'callee', 'result', callee.result)];
  }
  if (!caller.isLostAfterwards) return [];
  const detail = `the caller is wrong: after calls of ${party.name}, answered as the psABI has it, the module ${evidence.outcome}`;
  return [{ kind: 'abi-violation', place: 'caller: after a foreign call', detail }];
}

/**
 * What a function showed between foreign parties, its module agreeing with the oracle where it is alone: a divergence from the
 * psABI where Cranelift's two sides agree, a violation where one side alone is wrong. Empty where all is well.
 */
export function judgeParty(
  party: Party,
  caller: CallerEvidence,
  callee: CalleeEvidence,
): readonly PartyDraft[] {
  const calling = readCaller(party, caller);
  const called = readCallee(party, callee);
  const drafts = [
    ...argumentDrafts(party, calling, called),
    ...restDrafts(party, 'caller', 'argument', calling.rests),
    ...resultDrafts(party, caller, calling, called),
    ...restDrafts(party, 'callee', 'result', called.rests),
  ];
  if (called.failure === null) return drafts;
  const detail = `${party.name}, called by the trampoline, ${called.failure}`;
  return [...drafts, { kind: 'guest-fault', place: 'callee: does not return', detail }];
}

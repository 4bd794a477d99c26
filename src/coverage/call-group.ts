import type { SignatureLayout } from '../abi/layout.ts';
import type { Configuration } from '../clif/case.ts';
import { blockCallsOf, type Block, type Function, type Inst, type Value } from '../clif/module.ts';
import type { CallConv, Signature } from '../clif/signature.ts';
import { valueClassOf, type ValueClass } from '../clif/type.ts';
import { classOf } from './class-of.ts';
import type { Group, Pick, Sample } from './group.ts';
import { CALL_SETTINGS, settingSample } from './settings.ts';
import { COVERED_CONVENTIONS } from './value-group.ts';

/** Ways of calling; `far` ones load the address from a literal or the GOT. */
const WAYS = [
  'call',
  'far call',
  'call_indirect',
  'return_call',
  'far return_call',
  'return_call_indirect',
  'try_call',
  'far try_call',
  'try_call_indirect',
];
/** Bytes, upper ends of the classes; 0 is a class of its own. */
const AREA_ENDS: readonly number[] = [0, 64, 256, 1024];
const AREA_NAMES = ['none', '1-64', '65-256', '257-1024', '1025+'];
const TAIL_AREAS = ['no tail call', 'shrinks', 'keeps', 'grows'];
/** Upper ends: the first class is none; LP64D keeps 11 integer registers (s1-s11) and 12 floating-point ones. */
const LIVE_ENDS: readonly number[] = [0, 4, 11];
const LIVE_NAMES = ['none', '1-4', '5-11', '12+'];
const SPOTS = ['entry block', 'loop', 'cold block', 'elsewhere'];

/** Values by register class; those of 128 bits take two registers each. */
const LIVE_CLASSES: readonly ValueClass[] = ['int', 'wide', 'float', 'vector'];

/** Conventions a try_call's callee may have: verifier, `CallConv::supports_exceptions`; apple_aarch64 panics on riscv64. */
const THROWING = new Set(['system_v', 'tail', 'preserve_all']);

function whyNot(pick: Pick): string | null {
  const { way, caller, callee } = pick;
  const tail = pick['tail area'];
  const isTailWay = way?.includes('return_call') ?? (tail !== undefined && tail !== 'no tail call');
  if (isTailWay) {
    if (caller !== undefined && caller !== 'tail') return 'only tail functions make tail calls';
    if (callee !== undefined && callee !== 'tail') return 'tail calls go to tail functions';
    if (tail === 'no tail call') return 'a tail call changes or keeps the area';
    if (LIVE_CLASSES.some((name) => (pick[`live ${name}`] ?? 'none') !== 'none'))
      return 'nothing is live across a tail call';
  } else if (way !== undefined && tail !== undefined && tail !== 'no tail call') return 'no tail call';
  if (way?.includes('try_call') && callee !== undefined && !THROWING.has(callee))
    return 'the verifier refuses a try_call to this convention, or Cranelift panics';
  if (tail === 'grows' && pick['argument area'] === 'none') return 'an area that grows is not empty';
  if (callee === 'preserve_all' && (pick['return area'] ?? 'none') !== 'none')
    return 'preserve_all has no results';
  return null;
}

/** Calls: how they are made, between whom, with how much memory and what has to survive them. */
export const CALL_GROUP: Group = {
  name: 'call',
  dimensions: [
    { name: 'way', values: WAYS },
    { name: 'caller', values: COVERED_CONVENTIONS },
    { name: 'callee', values: COVERED_CONVENTIONS },
    { name: 'argument area', values: AREA_NAMES },
    { name: 'return area', values: AREA_NAMES },
    { name: 'tail area', values: TAIL_AREAS },
    ...LIVE_CLASSES.map((name) => ({ name: `live ${name}`, values: LIVE_NAMES })),
    { name: 'spot', values: SPOTS },
    ...CALL_SETTINGS,
  ],
  whyNot,
};

function conventionIndex(convention: CallConv): number {
  return COVERED_CONVENTIONS.indexOf(convention);
}

function wayOf(inst: Inst, fn: Function): number {
  const isFar =
    (inst.kind === 'call' || inst.kind === 'try_call') && fn.funcRefs.get(inst.func)?.colocated !== true;
  return WAYS.indexOf(isFar ? `far ${inst.op}` : inst.op);
}

function tailAreaOf(way: number, own: SignatureLayout, callee: SignatureLayout): number {
  if (!WAYS[way]?.includes('return_call')) return 0;
  return 2 + Math.sign(callee.argumentAreaBytes - own.argumentAreaBytes);
}

/** Blocks that lie between a backward branch and its target, in the order of the text. */
export function loopBlocks(fn: Function): ReadonlySet<Block> {
  const at = new Map(fn.blocks.map((block, i) => [block.id, i]));
  const inLoop = new Set<Block>();
  for (const [from, block] of fn.blocks.entries()) {
    const last = block.insts.at(-1);
    if (last === undefined) continue;
    for (const { block: target } of blockCallsOf(last)) {
      const to = at.get(target) ?? from + 1;
      for (const member of fn.blocks.slice(to, from + 1)) inLoop.add(member);
    }
  }
  return inLoop;
}

export function spotOf(fn: Function, block: Block, loops: ReadonlySet<Block>): number {
  if (block.cold) return 2;
  if (loops.has(block)) return 1;
  return block === fn.blocks[0] ? 0 : 3;
}

function countLive(fn: Function, live: readonly Value[]): readonly number[] {
  const counts = [0, 0, 0, 0];
  for (const value of live) {
    const type = fn.valueTypes[value];
    if (type === undefined) continue;
    const at = LIVE_CLASSES.indexOf(valueClassOf(type));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count) => classOf(LIVE_ENDS, count));
}

/** What is known of a call whatever it is compiled with: all dimensions but those of settings. */
export interface CallFacts {
  readonly fn: Function;
  readonly inst: Inst;
  readonly spot: number;
  readonly live: readonly Value[];
  /** As the call declares it. */
  readonly signature: Signature;
  readonly own: SignatureLayout;
  readonly callee: SignatureLayout;
}

/** Null for a convention that no cell is for. */
export function sampleCall(facts: CallFacts, configuration: Configuration): Sample | null {
  const { fn, inst, own, callee } = facts;
  const way = wayOf(inst, fn);
  const from = conventionIndex(fn.signature.callConv);
  const to = conventionIndex(facts.signature.callConv);
  if (way < 0 || from < 0 || to < 0) return null;
  return [
    way,
    from,
    to,
    classOf(AREA_ENDS, callee.argumentAreaBytes),
    classOf(AREA_ENDS, callee.returnAreaBytes),
    tailAreaOf(way, own, callee),
    ...countLive(fn, facts.live),
    facts.spot,
    ...settingSample(CALL_SETTINGS, configuration),
  ];
}

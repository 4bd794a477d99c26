import type { Binary, Unary } from './integer.ts';
import { laneBinary, unsignedUnary, type LaneBinary, type LaneUnary } from './lane-loops.ts';

/**
 * Fast forms of lane-wise integer instructions. Each gives what `integer.ts` gives lane by lane (a property test holds
 * them together) or null, which sends the caller to that slower way: so this file may stay incomplete.
 */

type Sign = 'signed' | 'unsigned';

const largest = (laneBits: number): number => 2 ** laneBits - 1;
const largestSigned = (laneBits: number): number => 2 ** (laneBits - 1) - 1;
const leastSigned = (laneBits: number): number => -(2 ** (laneBits - 1));

function clamped(
  exact: LaneBinary,
  leastOf: (laneBits: number) => number,
  mostOf: (laneBits: number) => number,
): (laneBits: number) => LaneBinary {
  return (laneBits) => {
    const least = leastOf(laneBits);
    const most = mostOf(laneBits);
    return (x, y) => {
      const n = exact(x, y);
      return n < least ? least : n > most ? most : n;
    };
  };
}

/** Q-format product (instructions.rs, sqmul_round_sat) of 16-bit lanes; only MIN times MIN saturates. */
function multiplyFixed(x: number, y: number): number {
  return Math.min((x * y + 0x4000) >> 15, 0x7fff);
}

const BINARY: ReadonlyMap<string, readonly [Sign, (laneBits: number) => LaneBinary | null]> = new Map<
  string,
  readonly [Sign, (laneBits: number) => LaneBinary | null]
>([
  ['iadd', ['unsigned', () => (x, y) => x + y]],
  ['isub', ['unsigned', () => (x, y) => x - y]],
  ['imul', ['unsigned', () => Math.imul]],
  ['umin', ['unsigned', () => (x, y) => (x < y ? x : y)]],
  ['umax', ['unsigned', () => (x, y) => (x > y ? x : y)]],
  ['smin', ['signed', () => (x, y) => (x < y ? x : y)]],
  ['smax', ['signed', () => (x, y) => (x > y ? x : y)]],
  ['avg_round', ['unsigned', () => (x, y) => Math.floor((x + y + 1) / 2)]],
  [
    'uadd_sat',
    [
      'unsigned',
      clamped(
        (x, y) => x + y,
        () => 0,
        largest,
      ),
    ],
  ],
  ['usub_sat', ['unsigned', () => (x, y) => (x > y ? x - y : 0)]],
  ['sadd_sat', ['signed', clamped((x, y) => x + y, leastSigned, largestSigned)]],
  ['ssub_sat', ['signed', clamped((x, y) => x - y, leastSigned, largestSigned)]],
  // Products of 32-bit lanes do not fit in a host number.
  ['umulhi', ['unsigned', (bits) => (bits > 16 ? null : (x, y) => (x * y) >>> bits)]],
  ['smulhi', ['signed', (bits) => (bits > 16 ? null : (x, y) => (x * y) >> bits)]],
  ['sqmul_round_sat', ['signed', (bits) => (bits === 16 ? multiplyFixed : null)]],
]);

function onesWhen(holds: (x: number, y: number) => boolean): LaneBinary {
  return (x, y) => (holds(x, y) ? -1 : 0);
}

const COMPARE: ReadonlyMap<string, readonly [Sign, LaneBinary]> = new Map<
  string,
  readonly [Sign, LaneBinary]
>([
  ['eq', ['unsigned', onesWhen((x, y) => x === y)]],
  ['ne', ['unsigned', onesWhen((x, y) => x !== y)]],
  ['ult', ['unsigned', onesWhen((x, y) => x < y)]],
  ['ule', ['unsigned', onesWhen((x, y) => x <= y)]],
  ['ugt', ['unsigned', onesWhen((x, y) => x > y)]],
  ['uge', ['unsigned', onesWhen((x, y) => x >= y)]],
  ['slt', ['signed', onesWhen((x, y) => x < y)]],
  ['sle', ['signed', onesWhen((x, y) => x <= y)]],
  ['sgt', ['signed', onesWhen((x, y) => x > y)]],
  ['sge', ['signed', onesWhen((x, y) => x >= y)]],
]);

function countOnes(x: number): number {
  let n = 0;
  for (; x !== 0; x = (x & (x - 1)) >>> 0) n++;
  return n;
}

const UNARY: ReadonlyMap<string, (laneBits: number) => LaneUnary> = new Map<
  string,
  (laneBits: number) => LaneUnary
>([
  ['ineg', () => (x) => -x],
  [
    'iabs',
    (bits) => {
      const most = largestSigned(bits);
      return (x) => (x > most ? -x : x);
    },
  ],
  ['popcnt', () => countOnes],
]);

export function fastVectorUnary(op: string, laneBits: number, lanes: number): Unary | null {
  const f = UNARY.get(op);
  return f === undefined ? null : unsignedUnary(f(laneBits), laneBits, lanes);
}

export function fastVectorBinary(op: string, laneBits: number, lanes: number): Binary | null {
  const entry = BINARY.get(op);
  if (entry === undefined) return null;
  const f = entry[1](laneBits);
  return f === null ? null : laneBinary(f, entry[0] === 'signed', laneBits, lanes);
}

export function fastVectorCompare(cond: string, laneBits: number, lanes: number): Binary | null {
  const entry = COMPARE.get(cond);
  return entry === undefined ? null : laneBinary(entry[1], entry[0] === 'signed', laneBits, lanes);
}

/** The bits of a lane that survive a shift, repeated: shifting the whole vector brings in bits of the neighbour. */
function laneMasks(laneBits: number, lanes: number, mask: (s: number) => number): bigint[] {
  const out: bigint[] = [];
  for (let s = 0; s < laneBits; s++) {
    let all = 0n;
    for (let i = 0; i < lanes; i++) all = (all << BigInt(laneBits)) | BigInt(mask(s));
    out.push(all);
  }
  return out;
}

const shiftMasks = new Map<string, readonly bigint[]>();

function cachedMasks(op: string, laneBits: number, lanes: number): readonly bigint[] {
  const key = `${op}${laneBits}x${lanes}`;
  let masks = shiftMasks.get(key);
  if (masks === undefined) {
    const all = largest(laneBits);
    masks = laneMasks(laneBits, lanes, (s) =>
      op === 'ishl' ? all - (2 ** s - 1) : Math.floor(all / 2 ** s),
    );
    shiftMasks.set(key, masks);
  }
  return masks;
}

export function fastVectorShift(op: string, laneBits: number, lanes: number): Binary | null {
  if (laneBits > 32 || (op !== 'ishl' && op !== 'ushr')) return null;
  const masks = cachedMasks(op, laneBits, lanes);
  const amountMask = BigInt(laneBits - 1);
  return op === 'ishl'
    ? (x, y) => {
        const s = y & amountMask;
        return (x << s) & (masks[Number(s)] ?? 0n);
      }
    : (x, y) => {
        const s = y & amountMask;
        return (x >> s) & (masks[Number(s)] ?? 0n);
      };
}

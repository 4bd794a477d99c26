import { exhaust } from './stop.ts';

const FIRST_SIZE_BYTES = 64 * 1024;
const LARGEST_SIZE_BYTES = 64 * 1024 * 1024;
/** No slot touches another; wider than the widest vector. */
const GUARD_BYTES = 64;
/** Where slots are loose: what goes past the end of one hits no other, or not the same. */
const LOOSE_GUARD_BYTES = 16 * 1024;

const UNMAPPED = 0;
const UNINITIALISED = 1;
const INITIALISED = 2;

/** The stack slots of all live activations: one growing array with a state per byte. */
export interface Memory {
  bytes: Uint8Array;
  view: DataView;
  state: Uint8Array;
  /** First free byte. */
  top: number;
  /** Address of the first stack byte. Below 2^53, so that addresses travel as exact numbers. */
  stackBase: number;
  /** Code that can be read, without meaning: the same bits everywhere. */
  text: { readonly textBase: number; readonly textBits: bigint };
  /** Whether a read of bytes nobody wrote ends the run; otherwise they read as zero. */
  strictUninit: boolean;
  /** A word of the frame record of a live activation, by its address; null for any other address. Itself null where frames are nobody's business. */
  frameRecord: ((address: bigint) => bigint | null) | null;
}

/** A function's slots, laid out once: offsets from the start of its frame, a multiple of `alignBytes`. */
export interface FrameLayout {
  readonly sizeBytes: number;
  readonly alignBytes: number;
  readonly slots: readonly { readonly offset: number; readonly sizeBytes: number }[];
  /** Offset by slot number. */
  readonly offsets: ReadonlyMap<number, number>;
}

export function createMemory(): Memory {
  const bytes = new Uint8Array(FIRST_SIZE_BYTES);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    state: new Uint8Array(FIRST_SIZE_BYTES),
    top: 0,
    stackBase: 0,
    text: { textBase: 0, textBits: 0n },
    strictUninit: true,
    frameRecord: null,
  };
}

/** Forgets all activations; needed after a run that was stopped in the middle. */
export function resetMemory(memory: Memory): void {
  if (memory.top > 0) memory.state.fill(UNMAPPED, 0, memory.top);
  memory.top = 0;
}

function alignUp(offset: number, alignBytes: number): number {
  return Math.ceil(offset / alignBytes) * alignBytes;
}

export const NO_FRAME: FrameLayout = { sizeBytes: 0, alignBytes: 16, slots: [], offsets: new Map() };

/** Every slot is at least 16-aligned, unless slots are loose, and lies a guard gap away from its neighbours. */
export function layOutFrame(
  slots: ReadonlyMap<number, { readonly sizeBytes: number; readonly alignBytes: number }>,
  hasLooseSlots = false,
): FrameLayout {
  if (slots.size === 0) return NO_FRAME;
  const gap = hasLooseSlots ? LOOSE_GUARD_BYTES : GUARD_BYTES;
  let end = 0;
  let alignBytes = 16;
  const offsets = new Map<number, number>();
  const placed: { offset: number; sizeBytes: number }[] = [];
  for (const [number, slot] of slots) {
    const align = Math.max(16, slot.alignBytes);
    alignBytes = Math.max(alignBytes, align);
    const besides = hasLooseSlots && slot.alignBytes < 16 ? slot.alignBytes : 0;
    const offset = alignUp(end + gap, align) + besides;
    offsets.set(number, offset);
    placed.push({ offset, sizeBytes: slot.sizeBytes });
    end = offset + slot.sizeBytes;
  }
  return { sizeBytes: end + gap, alignBytes, slots: placed, offsets };
}

function grow(memory: Memory, needBytes: number): void {
  let size = memory.bytes.length;
  while (size < needBytes) size *= 2;
  if (size > LARGEST_SIZE_BYTES) exhaust('stack slots need more than 64 MiB');
  const bytes = new Uint8Array(size);
  bytes.set(memory.bytes);
  const state = new Uint8Array(size);
  state.set(memory.state);
  memory.bytes = bytes;
  memory.view = new DataView(bytes.buffer);
  memory.state = state;
}

/** Makes a frame's slots, uninitialised; returns the frame's base address. */
export function pushFrame(memory: Memory, layout: FrameLayout): number {
  const base = alignUp(memory.top, layout.alignBytes);
  const end = base + layout.sizeBytes;
  if (end > memory.bytes.length) grow(memory, end);
  for (const slot of layout.slots) {
    const at = base + slot.offset;
    memory.state.fill(UNINITIALISED, at, at + slot.sizeBytes);
    if (!memory.strictUninit) memory.bytes.fill(0, at, at + slot.sizeBytes);
  }
  memory.top = end;
  return memory.stackBase + base;
}

/** Ends the activation whose frame was pushed when `top` was `previousTop`. */
export function popFrame(memory: Memory, previousTop: number): void {
  memory.state.fill(UNMAPPED, previousTop, memory.top);
  memory.top = previousTop;
}

/** Whether a byte of a slot lies at `address` or no more than `reach` bytes above it. */
export function hasSlotAbove(memory: Memory, address: bigint, reach: number): boolean {
  const from = address - BigInt(memory.stackBase);
  const first = from < 0n ? 0 : Number(from);
  const end = Math.min(memory.top, Number(from) + reach + 1);
  for (let at = first; at < end; at += 1) if (memory.state[at] !== UNMAPPED) return true;
  return false;
}

function wild(address: bigint, offset: number): never {
  return exhaust(`wild access at 0x${BigInt.asUintN(64, address + BigInt(offset)).toString(16)}`);
}

/** What `locate` gives for code, and for what is neither code nor a slot but may be a frame record. */
const IN_TEXT = -1;
const IN_FRAME = -2;
const TEXT_BYTES = 0x100_0000;

/** Position in `bytes` of an access of `size` bytes, all of them mapped. */
function locate(memory: Memory, address: bigint, offset: number, size: number): number {
  const at = Number(address) + offset - memory.stackBase;
  if (at >= 0 && at + size <= memory.top) return at;
  // Only an address that wraps at 2^64 can still be good.
  const wrapped = Number(BigInt.asUintN(64, address + BigInt(offset))) - memory.stackBase;
  if (wrapped >= 0 && wrapped + size <= memory.top) return wrapped;
  const inText = at + memory.stackBase - memory.text.textBase;
  if (inText >= 0 && inText + size <= TEXT_BYTES) return IN_TEXT;
  return memory.frameRecord === null ? wild(address, offset) : IN_FRAME;
}

function readBits(view: DataView, at: number, size: number): bigint {
  switch (size) {
    case 1:
      return BigInt(view.getUint8(at));
    case 2:
      return BigInt(view.getUint16(at, true));
    case 4:
      return BigInt(view.getUint32(at, true));
    case 8:
      return view.getBigUint64(at, true);
    default: {
      let bits = 0n;
      for (let i = size - 8; i >= 0; i -= 8) bits = (bits << 64n) | view.getBigUint64(at + i, true);
      return bits;
    }
  }
}

function writeBits(view: DataView, at: number, size: number, bits: bigint): void {
  switch (size) {
    case 1:
      return view.setUint8(at, Number(bits));
    case 2:
      return view.setUint16(at, Number(bits), true);
    case 4:
      return view.setUint32(at, Number(bits), true);
    case 8:
      return view.setBigUint64(at, bits, true);
    default:
      for (let i = 0; i < size; i += 8) {
        view.setBigUint64(at + i, bits, true);
        bits >>= 64n;
      }
  }
}

/** `size` bytes (1, 2, 4, or a multiple of 8) at `address + offset`, little-endian. Stops the run on undefined reads. */
export function readMemory(memory: Memory, address: bigint, offset: number, size: number): bigint {
  const at = locate(memory, address, offset, size);
  if (at === IN_TEXT) return BigInt.asUintN(8 * size, memory.text.textBits);
  if (at === IN_FRAME) {
    const word = size === 8 ? memory.frameRecord?.(BigInt.asUintN(64, address + BigInt(offset))) : null;
    return word ?? wild(address, offset);
  }
  const { state } = memory;
  for (let i = at; i < at + size; i++) {
    const s = state[i];
    if (s === INITIALISED) continue;
    if (s === UNMAPPED) wild(address, offset);
    if (memory.strictUninit) exhaust('uninitialised read');
  }
  return readBits(memory.view, at, size);
}

/** Counterpart of `readMemory`; `bits` must fit in `size` bytes. */
export function writeMemory(
  memory: Memory,
  address: bigint,
  offset: number,
  size: number,
  bits: bigint,
): void {
  const at = locate(memory, address, offset, size);
  if (at < 0) wild(address, offset);
  const { state } = memory;
  for (let i = at; i < at + size; i++) {
    if (state[i] === UNMAPPED) wild(address, offset);
    state[i] = INITIALISED;
  }
  writeBits(memory.view, at, size, bits);
}

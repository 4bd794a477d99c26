import { HarnessError } from '../clif/harness-error.ts';
import { functionNameText } from '../clif/module.ts';
import { throwRoutineNamed } from '../clif/throw-routine.ts';
import type { Artifact, PlacedFunction, PlacedStub } from './artifact.ts';
import type { CompiledFunction, Relocation } from './compile-result.ts';
import { handlerTableBytes, writeHandlerTable } from './handler-table.ts';
import { PROBE_ROUTINE, PROBE_ROUTINE_BYTES, writeProbeRoutine } from './probe-routine.ts';
import { STUB_INDEX_OFFSET, STUB_TARGET_OFFSET, stubOf } from './stub.ts';
import type { Callee } from './stub.ts';
import { unwindTableBytes, writeUnwindTable, type FunctionUnwinding } from './unwind-table.ts';

/** Functions begin at least this aligned; the gaps stay zero, which is an illegal instruction. */
const FUNCTION_ALIGN_BYTES = 16;
/** Zeros behind an image, a vector's length of them: a load past its end sees these and nothing that an earlier image left. */
const TAIL_BYTES = 64;
const GOT_ENTRY_BYTES = 8;

/** Addresses of names the functions do not define, by their text as CLIF prints it (`%Memcpy`, `u0:7`). */
export type ExternalSymbols = ReadonlyMap<string, bigint>;

const NO_SYMBOLS: ExternalSymbols = new Map();

/** auipc t6, 0; jalr t6, 0(t6) */
const STUB_CODE = [0x00000f97, 0x000f8fe7] as const;

/** Stubs in front of callees: every use of such a callee's name means its stub, whatever way it is called. */
export interface Veneers {
  readonly callees: readonly Callee[];
  /** Guest address stubs jump to. */
  readonly runtime: bigint;
}

export interface LinkOptions {
  readonly symbols?: ExternalSymbols;
  readonly veneers?: Veneers | null;
  /** How the functions say that they are unwound, in their order: the runtime behind the veneers looks whether that is so. */
  readonly unwinding?: readonly FunctionUnwinding[] | null;
}

interface Layout {
  readonly placed: readonly PlacedFunction[];
  /** Offset in the image, by name. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly stubs: readonly PlacedStub[];
  /** Offset of what a name means to a relocation: its stub, else the function. */
  readonly targets: ReadonlyMap<string, number>;
  /** Offset in the image of the entry that holds a name's address. */
  readonly got: ReadonlyMap<string, number>;
  /** Offset of the table of exception handlers; null where nothing in the image throws. */
  readonly handlerTable: number | null;
  /** Offset of the table of unwinding information; null where there is none to look at. */
  readonly unwindTable: number | null;
  /** Offset of the routine that probes frames; null where no function calls one, or one of them is it. */
  readonly probeRoutine: number | null;
  readonly sizeBytes: number;
}

/**
 * Places the functions in one image that is to lie at guest address `base`, followed by a GOT where one is needed,
 * and resolves their relocations (RISC-V ELF psABI, "Relocations"). Throws HarnessError for an undefined name, a
 * relocation kind it does not know (thread-local storage among them) and a PC-relative target out of reach.
 * With `veneers` each callee that some relocation names gets a stub behind the functions; the entry itself is entered without. A callee
 * that throws brings the table of exception handlers with it, and a function that probes its frame by a call the routine for it.
 */
export function linkModule(
  functions: readonly CompiledFunction[],
  base: bigint,
  options: LinkOptions = {},
): Artifact {
  const { symbols = NO_SYMBOLS, veneers = null, unwinding = null } = options;
  const layout = placeFunctions(functions, veneers?.callees ?? [], unwinding);
  const image = new Uint8Array(layout.sizeBytes);
  const view = new DataView(image.buffer);
  const linker = new Linker(view, base, layout, symbols);
  const traps: { offset: number; code: string }[] = [];
  for (const [index, fn] of functions.entries()) {
    const start = layout.placed[index]?.offset ?? 0;
    image.set(fn.code, start);
    if (fn.relocations.length > 0) linker.relocate(fn, start);
    for (const trap of fn.traps) traps.push({ offset: start + trap.offset, code: trap.code });
  }
  for (const [name, offset] of layout.got) {
    view.setBigUint64(offset, BigInt.asUintN(64, linker.addressOf(name)), true);
  }
  if (veneers !== null)
    layout.stubs.forEach((stub, index) => linker.writeStub(image, stub, index, veneers.runtime));
  if (layout.handlerTable !== null)
    writeHandlerTable(view, layout.handlerTable, functions, layout.placed, base);
  if (layout.unwindTable !== null && unwinding !== null)
    writeUnwindTable(view, layout.unwindTable, unwinding, layout.placed, base);
  if (layout.probeRoutine !== null) writeProbeRoutine(view, layout.probeRoutine);
  return {
    base,
    image,
    functions: layout.placed,
    stubs: layout.stubs,
    traps: traps.sort((a, b) => a.offset - b.offset),
    ...(layout.unwindTable === null ? {} : { unwindTable: layout.unwindTable }),
  };
}

/** The kinds of relocation that `linkModule` resolves. */
const KNOWN_RELOCATIONS: ReadonlySet<string> = new Set([
  'Abs8',
  'RiscvCallPlt',
  'RiscvCall',
  'RiscvPCRelHi20',
  'RiscvGotHi20',
  'RiscvPCRelLo12I',
]);

/** Why functions from outside cannot be linked without symbols: a name they do not define, a relocation; null where they can. */
export function linkObstacle(functions: readonly CompiledFunction[]): string | null {
  const defined = new Set(functions.map((fn) => functionNameText(fn.name)));
  for (const { relocations } of functions) {
    for (const { kind, target } of relocations) {
      if (!KNOWN_RELOCATIONS.has(kind)) return `needs relocation ${kind}`;
      if (target.kind !== 'function') continue;
      const name = functionNameText(target.name);
      if (!defined.has(name) && name !== PROBE_ROUTINE && throwRoutineNamed(name) === null)
        return `needs ${name}, which nobody provides`;
    }
  }
  return null;
}

function placeFunctions(
  functions: readonly CompiledFunction[],
  callees: readonly Callee[],
  unwinding: readonly FunctionUnwinding[] | null,
): Layout {
  const placed: PlacedFunction[] = [];
  const offsets = new Map<string, number>();
  const gotNames = new Set<string>();
  const used = new Set<string>();
  let end = 0;
  for (const fn of functions) {
    const name = functionNameText(fn.name);
    if (offsets.has(name)) throw new HarnessError('backend', `two functions named ${name}`);
    const offset = alignUp(end, Math.max(FUNCTION_ALIGN_BYTES, fn.alignBytes));
    offsets.set(name, offset);
    placed.push({ name: fn.name, offset, sizeBytes: fn.code.length });
    end = offset + fn.code.length;
    for (const { kind, target } of fn.relocations) {
      if (target.kind !== 'function') continue;
      const symbol = functionNameText(target.name);
      used.add(symbol);
      if (kind === 'RiscvGotHi20') gotNames.add(symbol);
    }
  }
  const got = new Map<string, number>();
  end = alignUp(end, FUNCTION_ALIGN_BYTES);
  for (const name of gotNames) {
    got.set(name, end);
    end += GOT_ENTRY_BYTES;
  }
  const stubs: PlacedStub[] = [];
  const targets = new Map(offsets);
  const probeRoutine = used.has(PROBE_ROUTINE) && !offsets.has(PROBE_ROUTINE) ? end : null;
  if (probeRoutine !== null) {
    targets.set(PROBE_ROUTINE, probeRoutine);
    end += PROBE_ROUTINE_BYTES;
  }
  end = alignUp(end, FUNCTION_ALIGN_BYTES);
  for (const callee of callees) {
    const name = functionNameText(callee.name);
    if (!used.has(name) || (callee.kind === 'compiled' && !offsets.has(name))) continue;
    const sizeBytes = stubOf(callee).length;
    stubs.push({ callee, offset: end, sizeBytes });
    targets.set(name, end);
    end += sizeBytes;
  }
  const handlerTable = stubs.some(({ callee }) => isThrowing(callee)) ? end : null;
  if (handlerTable !== null) end += handlerTableBytes(functions);
  const unwindTable = unwinding !== null && stubs.length > 0 ? end : null;
  if (unwindTable !== null && unwinding !== null) end += unwindTableBytes(unwinding);
  const sizeBytes = end + TAIL_BYTES;
  return { placed, offsets, stubs, targets, got, handlerTable, unwindTable, probeRoutine, sizeBytes };
}

function isThrowing({ kind }: Callee): boolean {
  return kind === 'throws' || kind === 'throws-to';
}

/** Patches one image. Positions are image offsets; a distance of two of them needs no address. */
class Linker {
  readonly #view: DataView;
  readonly #base: bigint;
  readonly #layout: Layout;
  readonly #symbols: ExternalSymbols;

  constructor(view: DataView, base: bigint, layout: Layout, symbols: ExternalSymbols) {
    this.#view = view;
    this.#base = base;
    this.#layout = layout;
    this.#symbols = symbols;
  }

  addressOf(name: string): bigint {
    const offset = this.#layout.targets.get(name);
    if (offset !== undefined) return this.#base + BigInt(offset);
    const address = this.#symbols.get(name);
    if (address === undefined) throw new HarnessError('backend', `undefined symbol ${name}`);
    return address;
  }

  /** Entry 0 of a stub's description is where the function lies, or 0; of one that throws, where the table of handlers lies. */
  writeStub(image: Uint8Array, stub: PlacedStub, index: number, runtime: bigint): void {
    const { callee, offset } = stub;
    image.set(stubOf(callee), offset);
    const distance = Number(runtime - this.#base) - offset;
    checkReach(distance, 'the runtime');
    STUB_CODE.forEach((word, i) => this.#view.setUint32(offset + 4 * i, word, true));
    this.#patchHi20(offset, distance);
    this.#patchLo12(offset + 4, distance);
    const target = this.#stubTarget(callee);
    const address = target === null ? 0n : this.#base + BigInt(target);
    this.#view.setBigUint64(offset + STUB_TARGET_OFFSET, address, true);
    this.#view.setUint32(offset + STUB_INDEX_OFFSET, index, true);
  }

  #stubTarget(callee: Callee): number | null {
    if (isThrowing(callee)) return this.#layout.handlerTable;
    if (callee.kind === 'foreign') return null;
    return this.#layout.offsets.get(functionNameText(callee.name)) ?? null;
  }

  relocate(fn: CompiledFunction, start: number): void {
    // A Lo12's own target is the label of its auipc: the low half of the distance computed there.
    const distances = new Map<number, number>();
    for (const relocation of fn.relocations) {
      const at = start + relocation.offset;
      switch (relocation.kind) {
        case 'Abs8': {
          const address = this.addressOf(symbolOf(relocation)) + relocation.addend;
          this.#view.setBigUint64(at, BigInt.asUintN(64, address), true);
          break;
        }
        case 'RiscvCallPlt':
        case 'RiscvCall': {
          const distance = this.#distance(relocation, at);
          this.#patchHi20(at, distance);
          this.#patchLo12(at + 4, distance);
          break;
        }
        case 'RiscvPCRelHi20': {
          const distance = this.#distance(relocation, at);
          this.#patchHi20(at, distance);
          distances.set(relocation.offset, distance);
          break;
        }
        case 'RiscvGotHi20': {
          const name = symbolOf(relocation);
          const distance = (this.#layout.got.get(name) ?? 0) + Number(relocation.addend) - at;
          checkReach(distance, name);
          this.#patchHi20(at, distance);
          distances.set(relocation.offset, distance);
          break;
        }
        case 'RiscvPCRelLo12I':
          break;
        default:
          throw new HarnessError(
            'backend',
            `relocation ${relocation.kind} in ${functionNameText(fn.name)}+${relocation.offset} is not supported`,
          );
      }
    }
    for (const { kind, offset, target } of fn.relocations) {
      if (kind !== 'RiscvPCRelLo12I') continue;
      const distance = target.kind === 'offset' ? distances.get(target.offset) : undefined;
      if (distance === undefined) {
        throw new HarnessError(
          'backend',
          `RiscvPCRelLo12I at ${functionNameText(fn.name)}+${offset} has no Hi20`,
        );
      }
      this.#patchLo12(start + offset, distance);
    }
  }

  /** Bytes from `at` to the relocation's target. */
  #distance(relocation: Relocation, at: number): number {
    const name = symbolOf(relocation);
    const known = this.#layout.targets.get(name);
    const target = known ?? Number(this.addressOf(name) - this.#base);
    const distance = target + Number(relocation.addend) - at;
    checkReach(distance, name);
    return distance;
  }

  /** The upper 20 bits of an auipc, rounded so that the sign-extended lower 12 come out right. */
  #patchHi20(at: number, distance: number): void {
    const inst = this.#view.getUint32(at, true);
    this.#view.setUint32(at, (inst & 0xfff) | ((distance + 0x800) & 0xfffff000), true);
  }

  /** The immediate of an I-type instruction: its top 12 bits. */
  #patchLo12(at: number, distance: number): void {
    const inst = this.#view.getUint32(at, true);
    this.#view.setUint32(at, (inst & 0xfffff) | (distance << 20), true);
  }
}

function symbolOf(relocation: Relocation): string {
  if (relocation.target.kind === 'function') return functionNameText(relocation.target.name);
  throw new HarnessError('backend', `${relocation.kind} at +${relocation.offset} names no symbol`);
}

/** auipc and a 12-bit immediate reach -2^31-2^11 to 2^31-2^11-1. */
function checkReach(distance: number, name: string): void {
  const rounded = distance + 0x800;
  if (rounded < -0x80000000 || rounded > 0x7fffffff) {
    throw new HarnessError('backend', `${name} is ${distance} bytes away, out of a PC-relative call's reach`);
  }
}

function alignUp(offset: number, alignBytes: number): number {
  return Math.ceil(offset / alignBytes) * alignBytes;
}

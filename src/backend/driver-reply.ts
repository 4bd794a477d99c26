import * as v from 'valibot';

import { HarnessError } from '../clif/harness-error.ts';
import type { FunctionName } from '../clif/module.ts';
import type {
  CallSite,
  CompiledFunction,
  CompileResult,
  Handler,
  HandlerContext,
  Relocation,
  ValueLabels,
  ValuePlace,
} from './compile-result.ts';

/** A setting or flag as this Cranelift's own descriptors have it. A preset switches several flags at once. */
export interface DriverSetting {
  readonly name: string;
  readonly kind: 'bool' | 'enum' | 'number' | 'preset';
  /** An enum's values; empty for the other kinds. */
  readonly values: readonly string[];
  /** Null for a preset. */
  readonly default: string | null;
  readonly description: string;
}

export interface DriverHello {
  /** Version of the cranelift-codegen the driver is linked with. */
  readonly version: string;
  readonly target: string;
  /** Whether a seed changes the control plane's decisions. */
  readonly chaos: boolean;
  readonly debugAssertions: boolean;
  readonly shared: readonly DriverSetting[];
  readonly isa: readonly DriverSetting[];
}

const SETTING = v.object({
  name: v.string(),
  kind: v.picklist(['bool', 'enum', 'number', 'preset']),
  values: v.array(v.string()),
  default: v.nullable(v.string()),
  description: v.string(),
});

const HELLO = v.object({
  version: v.string(),
  target: v.string(),
  chaos: v.boolean(),
  debugAssertions: v.boolean(),
  shared: v.array(SETTING),
  isa: v.array(SETTING),
});

/** Checks a `hello` reply. Throws HarnessError if it is not one. */
export function parseHello(line: string): DriverHello {
  const parsed = v.safeParse(HELLO, JSON.parse(line));
  if (!parsed.success) throw protocolError(`hello: ${parsed.issues[0].message}`);
  return parsed.output;
}

/** The first bytes of every reply to `compile`; the blob's length follows. */
export const COMPILE_REPLY_START = '{"blob":';

/**
 * Checks and decodes a `compile` reply (shapes: `driver/src/reply.rs`), one result per configuration. Written by hand:
 * thousands of these are read a second. `code` of the functions are views of `blob`. Throws HarnessError.
 */
export function parseCompileReply(line: string, blob: Uint8Array): readonly CompileResult[] {
  const header: unknown = JSON.parse(line);
  if (typeof header !== 'object' || header === null || !('results' in header))
    throw protocolError('no results');
  return list(header.results).map((result) => parseResult(list(result), blob));
}

function parseResult(fields: readonly unknown[], blob: Uint8Array): CompileResult {
  switch (fields[0]) {
    case 'compiled':
      return { kind: 'compiled', functions: list(fields[1]).map((f) => parseFunction(list(f), blob)) };
    case 'parse':
      return { kind: 'parse-error', line: int(fields[1]), message: text(fields[2]) };
    case 'verifier':
      return { kind: 'verifier-error', function: text(fields[1]), message: text(fields[2]) };
    case 'codegen':
      return {
        kind: 'codegen-error',
        function: text(fields[1]),
        error: text(fields[2]),
        message: text(fields[3]),
      };
    case 'panic':
      return {
        kind: 'panic',
        function: text(fields[1]),
        message: text(fields[2]),
        file: withoutBuildFolder(text(fields[3])),
        line: int(fields[4]),
      };
    case 'flag':
      return { kind: 'bad-flag', message: text(fields[1]) };
    default:
      throw protocolError(`a result of kind ${JSON.stringify(fields[0])}`);
  }
}

/** Code that a crate's build made lies in a folder of this machine, with a hash in its name. */
function withoutBuildFolder(file: string): string {
  return file.replace(/^.*\/build\/([\w-]+?)-[0-9a-f]{16}\/out\//, '$1/out/');
}

function parseFunction(fields: readonly unknown[], blob: Uint8Array): CompiledFunction {
  const start = int(fields[1]);
  const end = start + int(fields[2]);
  const vcodeBytes = int(fields[8]);
  if (end + vcodeBytes > blob.length) throw protocolError('code past the end of the blob');
  const compiled: CompiledFunction = {
    name: parseName(text(fields[0])),
    code: blob.subarray(start, end),
    alignBytes: int(fields[3]),
    frameSizeBytes: int(fields[4]),
    relocations: list(fields[5]).map((r) => parseRelocation(list(r))),
    traps: list(fields[6]).map((t) => {
      const trap = list(t);
      return { offset: int(trap[0]), code: text(trap[1]) };
    }),
    callSites: list(fields[7]).map((s) => parseCallSite(list(s))),
  };
  const withVcode =
    vcodeBytes === 0
      ? compiled
      : { ...compiled, vcode: new TextDecoder().decode(blob.subarray(end, end + vcodeBytes)) };
  if (fields.length === FIXED_FIELDS) return withVcode;
  return fields.slice(FIXED_FIELDS).reduce<CompiledFunction>((sum, field) => {
    const extra = list(field);
    switch (extra[0]) {
      case 'values':
        return { ...sum, values: parseValues(extra) };
      case 'unwind':
        return extra[1] === null ? sum : { ...sum, unwind: text(extra[1]) };
      default:
        throw protocolError(`of a function its ${JSON.stringify(extra[0])}`);
    }
  }, withVcode);
}

/** Fields that every function has. */
const FIXED_FIELDS = 9;

function parseValues(fields: readonly unknown[]): ValueLabels {
  return {
    isSameCode: fields[1] === true,
    ranges: list(fields[2]).map((r) => {
      const range = list(r);
      return {
        value: int(range[0]),
        place: parsePlace(range[1]),
        start: int(range[2]),
        end: int(range[3]),
      };
    }),
    instructions: list(fields[3]).map((i) => {
      const inst = list(i);
      return { index: int(inst[0]) - 1, start: int(inst[1]), end: int(inst[2]) };
    }),
    stackSlots: new Map(
      list(fields[4]).map((s) => {
        const slot = list(s);
        return [int(slot[0]), int(slot[1])] as const;
      }),
    ),
  };
}

const REGISTER_FILES: Readonly<Record<string, 'x' | 'f' | 'v'>> = { i: 'x', f: 'f', v: 'v' };

/** A number counts from the CFA; `p10i` is a register as regalloc2 prints it. */
function parsePlace(place: unknown): ValuePlace {
  if (typeof place === 'number') return { kind: 'cfa', offset: int(place) };
  const match = /^p(\d+)([ifv])$/.exec(text(place));
  const kind = REGISTER_FILES[match?.[2] ?? ''];
  if (match === null || kind === undefined) throw protocolError(`a value in ${JSON.stringify(place)}`);
  return { kind, register: Number(match[1]) };
}

function parseRelocation(fields: readonly unknown[]): Relocation {
  const target = fields[2];
  const addend = fields[3];
  return {
    offset: int(fields[0]),
    kind: text(fields[1]),
    target:
      typeof target === 'number'
        ? { kind: 'offset', offset: int(target) }
        : { kind: 'function', name: parseName(text(target)) },
    addend: addend === 0 ? 0n : BigInt(int(addend)),
  };
}

function parseCallSite(fields: readonly unknown[]): CallSite {
  const handlers: Handler[] = [];
  let context: HandlerContext | undefined;
  for (const h of list(fields[1])) {
    const [first, second] = list(h);
    if (first === 'sp') context = { kind: 'sp', offset: int(second) };
    else if (first === 'x') context = { kind: 'x', register: int(second) };
    else {
      const handler = { tag: first === null ? null : int(first), offset: int(second) };
      handlers.push(context === undefined ? handler : { ...handler, context });
    }
  }
  const site = { offset: int(fields[0]), handlers };
  return fields[2] === null ? site : { ...site, frameOffset: int(fields[2]) };
}

const USER_NAME = /^u(\d+):(\d+)$/;

function parseName(name: string): FunctionName {
  if (name.startsWith('%')) return { kind: 'test', name: name.slice(1) };
  if (name.startsWith('!')) return { kind: 'libcall', name: name.slice(1) };
  const match = USER_NAME.exec(name);
  if (match === null) throw protocolError(`a function named ${JSON.stringify(name)}`);
  return { kind: 'user', namespace: Number(match[1]), index: Number(match[2]) };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw protocolError(`a list expected, not ${JSON.stringify(value)}`);
  return value;
}

function int(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw protocolError(`a whole number expected, not ${JSON.stringify(value)}`);
  }
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw protocolError(`a string expected, not ${JSON.stringify(value)}`);
  return value;
}

function protocolError(what: string): HarnessError {
  return new HarnessError('backend', `driver's reply: ${what}`);
}

import { type Cursor, failAt } from './cursor.ts';
import type { Token } from './lexer.ts';
import type {
  BlockId,
  BlockParam,
  DynamicTypeDeclaration,
  FuncRef,
  GlobalValue,
  Inst,
  StackSlot,
  Value,
} from './module.ts';
import type { CallConv, Signature } from './signature.ts';
import type { Type } from './type.ts';

/** Highest value number taken: more would only cost memory, here and in Cranelift's reader. */
const MOST_VALUES = 4_000_000;

/** One function while it is read. */
export interface FunctionContext {
  readonly cursor: Cursor;
  readonly defaultCallConv: CallConv;
  /** Index of the first token of the function's body. */
  readonly start: number;
  readonly signature: Signature;
  readonly stackSlots: Map<number, StackSlot>;
  readonly dynamicTypes: Map<number, DynamicTypeDeclaration>;
  readonly dynamicSlots: Map<number, number>;
  readonly globalValues: Map<number, GlobalValue>;
  readonly sigRefs: Map<number, Signature>;
  readonly funcRefs: Map<number, FuncRef>;
  readonly constants: Map<number, Uint8Array>;
  readonly blocks: Set<BlockId>;
  readonly types: (Type | undefined)[];
  readonly aliases: Map<Value, Value>;
  /** One above the highest signature number so far: that of the next signature written in place. */
  nextSigRef: number;
  /** Of the first block, once it is read. */
  entryParams: readonly BlockParam[];
  /** Value numbers the text does not use start here; 0: not yet looked for. */
  freeValue: number;
}

/** Records a value's type; a second definition is a fault at `token`. */
export function defineValue(context: FunctionContext, token: Token, type: Type): void {
  if (token.number >= MOST_VALUES) failAt(token, `value number above ${MOST_VALUES - 1}: ${token.text}`);
  if (context.types[token.number] !== undefined) failAt(token, `${token.text} is defined twice`);
  context.types[token.number] = type;
}

/** A value the text does not name, for an instruction that older text writes as one and today's as two. */
export function inventValue(context: FunctionContext, type: Type): Value {
  if (context.freeValue === 0) context.freeValue = firstFreeValue(context);
  const value = context.freeValue;
  context.freeValue += 1;
  context.types[value] = type;
  return value;
}

function firstFreeValue(context: FunctionContext): number {
  let free = 1;
  for (let i = context.start; i < context.cursor.tokens.length; i++) {
    const token = context.cursor.tokens[i];
    if (token === undefined || (token.kind === 'word' && token.text === 'function')) break;
    if (token.kind === 'value' && token.number < MOST_VALUES) free = Math.max(free, token.number + 1);
  }
  return free;
}

/** Instructions of a block under construction, with the offset in the file where each began. */
export interface InstSink {
  readonly insts: Inst[];
  readonly offsets: number[];
}

export function emit(sink: InstSink, inst: Inst, offset: number): void {
  sink.insts.push(inst);
  sink.offsets.push(offset);
}

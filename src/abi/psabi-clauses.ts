import type { ArgumentExtension } from '../clif/signature.ts';

/**
 * What the RISC-V calling convention decides for LP64D, one value a clause, so that a clause can be named where Cranelift differs
 * and changed where a test wants to see that the comparison with gcc notices.
 */
export interface Clauses {
  readonly 'argument-registers': number;
  readonly 'xlen-scalar': 'register' | 'stack';
  readonly 'widen-by-sign': (extension: ArgumentExtension) => ArgumentExtension;
  readonly 'sign-extend-words': (extension: ArgumentExtension) => ArgumentExtension;
  readonly 'narrow-float-high-bits': ArgumentExtension;
  readonly 'pair-order': readonly [number, number];
  /** Registers that the first of a pair is aligned to: 1 for named arguments. */
  readonly 'pair-in-any-registers': number;
  readonly 'pair-split': 'register and stack' | 'stack';
  readonly 'wide-float-as-aggregate': 'pair' | 'reference';
  readonly 'stack-alignment': number;
  /** Bytes from sp at entry to the first argument on the stack. */
  readonly 'stack-offset': number;
  readonly 'sp-alignment': number;
  readonly 'result-registers': number;
  /** Index of the register a first result is in. */
  readonly 'results-as-arguments': number;
  readonly 'aggregate-in-memory-order': readonly [number, number];
  readonly 'aggregate-padding': 'undefined' | 'extended';
  readonly 'float-argument-registers': number;
  readonly 'float-in-float-register': 'f' | 'x';
  readonly 'float-registers-used-up': 'integer convention' | 'stack';
  readonly 'float-beside-integer-registers': 'counted apart' | 'counted together';
  readonly 'nan-boxing': 'ones' | 'zeros';
  readonly 'float-result-registers': number;
  readonly 'two-floats': readonly [number, number];
  readonly 'float-and-integer': 'one of each' | 'integer convention';
  readonly 'float-and-integer-high-bits': 'undefined' | 'extended';
}

export type ClauseId = keyof Clauses;

/** The convention as it is written. */
export const LP64D: Clauses = {
  'argument-registers': 8,
  'xlen-scalar': 'register',
  'widen-by-sign': (extension) => extension,
  'sign-extend-words': (extension) => (extension === 'none' ? 'none' : 'sext'),
  'narrow-float-high-bits': 'none',
  'pair-order': [0, 64],
  'pair-in-any-registers': 1,
  'pair-split': 'register and stack',
  'wide-float-as-aggregate': 'pair',
  'stack-alignment': 16,
  'stack-offset': 0,
  'sp-alignment': 16,
  'result-registers': 2,
  'results-as-arguments': 0,
  'aggregate-in-memory-order': [0, 1],
  'aggregate-padding': 'undefined',
  'float-argument-registers': 8,
  'float-in-float-register': 'f',
  'float-registers-used-up': 'integer convention',
  'float-beside-integer-registers': 'counted apart',
  'nan-boxing': 'ones',
  'float-result-registers': 2,
  'two-floats': [0, 1],
  'float-and-integer': 'one of each',
  'float-and-integer-high-bits': 'undefined',
};

interface ClauseText {
  /** Of the RISC-V Calling Conventions (riscv-elf-psabi-doc, riscv-cc.adoc). */
  readonly section: 'Integer Calling Convention' | 'Hardware Floating-Point Calling Convention';
  readonly says: string;
}

const INTEGER = 'Integer Calling Convention';
const FLOAT = 'Hardware Floating-Point Calling Convention';

export const CLAUSE_TEXTS: Readonly<Record<ClauseId, ClauseText>> = {
  'argument-registers': { section: INTEGER, says: 'a0-a7 carry arguments, in the order of the arguments' },
  'xlen-scalar': { section: INTEGER, says: 'a scalar of up to XLEN bits takes one register, or the stack' },
  'widen-by-sign': { section: INTEGER, says: 'an integer narrower than 32 bits is widened by its own sign' },
  'sign-extend-words': {
    section: INTEGER,
    says: 'from 32 bits on an integer is sign-extended, unsigned or not',
  },
  'narrow-float-high-bits': {
    section: INTEGER,
    says: 'above a narrow float in an integer register or on the stack nothing is defined',
  },
  'pair-order': {
    section: INTEGER,
    says: 'the low half of a 2xXLEN scalar is in the lower-numbered register',
  },
  'pair-in-any-registers': {
    section: INTEGER,
    says: 'only variadic arguments want a pair that begins with an even register',
  },
  'pair-split': { section: INTEGER, says: 'with one register left the high half goes on the stack' },
  'wide-float-as-aggregate': {
    section: INTEGER,
    says: 'a float wider than FLEN is passed as an aggregate of its size',
  },
  'stack-alignment': {
    section: INTEGER,
    says: 'on the stack a value has the alignment of its type, at least 8 and at most 16 bytes',
  },
  'stack-offset': {
    section: INTEGER,
    says: 'the first argument on the stack is at sp, the next ones above it',
  },
  'sp-alignment': { section: INTEGER, says: 'sp is a multiple of 16 at entry' },
  'result-registers': { section: INTEGER, says: 'a0 and a1 carry results' },
  'results-as-arguments': {
    section: INTEGER,
    says: 'a value is returned as a first named argument would be passed',
  },
  'aggregate-in-memory-order': {
    section: INTEGER,
    says: 'an aggregate of up to 2xXLEN bits fills a pair as it lies in memory',
  },
  'aggregate-padding': { section: INTEGER, says: 'padding in the registers of an aggregate is undefined' },
  'float-argument-registers': { section: FLOAT, says: 'fa0-fa7 carry floats of up to FLEN bits' },
  'float-in-float-register': { section: FLOAT, says: 'a float takes a float register while there is one' },
  'float-registers-used-up': {
    section: FLOAT,
    says: 'with fa0-fa7 used up a float is passed as the integer convention says: in a free a register first',
  },
  'float-beside-integer-registers': {
    section: FLOAT,
    says: 'a float in a float register leaves the integer registers alone',
  },
  'nan-boxing': { section: FLOAT, says: 'a narrow float in a float register has ones above it' },
  'float-result-registers': { section: FLOAT, says: 'fa0 and fa1 carry results' },
  'two-floats': { section: FLOAT, says: 'a struct of two floats takes two float registers, in memory order' },
  'float-and-integer': {
    section: FLOAT,
    says: 'a struct of a float and an integer takes a register of each kind',
  },
  'float-and-integer-high-bits': {
    section: FLOAT,
    says: 'above a narrow integer of such a struct nothing is defined',
  },
};

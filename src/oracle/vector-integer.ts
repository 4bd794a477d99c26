import type { Binary, Unary } from './integer.ts';
export function fastVectorUnary(_op: string, _bits: number, _lanes: number): Unary | null { return null; }
export function fastVectorBinary(_op: string, _bits: number, _lanes: number): Binary | null { return null; }
export function fastVectorShift(_op: string, _bits: number, _lanes: number): Binary | null { return null; }
export function fastVectorCompare(_op: string, _bits: number, _lanes: number): Binary | null { return null; }

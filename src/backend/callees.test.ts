import { describe, expect, it } from 'vitest';
import { clifErrorText, parseClif } from '../clif/parse.ts';
import type { Module } from '../clif/module.ts';
import { calleesOf } from './callees.ts';

function moduleOf(text: string): Module {
  const parsed = parseClif(text, { file: 'test.clif' });
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  return parsed.file.module;
}

/** Whether the extension of each parameter of %f is checked in a module that calls it as `sig` through `how`. */
function checked(declared: string, how: 'call' | 'call_indirect', sig: string): readonly boolean[] {
  const call = how === 'call' ? 'call fn0(v0, v1)' : 'call_indirect sig1, v2(v0, v1)';
  const module = moduleOf(`
function %f(${declared}) system_v {
block0(v0: i8, v1: i16):
    return
}

function %main(i8, i16, i64) system_v {
    sig0 = (${how === 'call' ? sig : declared}) system_v
    sig1 = (${sig}) system_v
    fn0 = colocated %f sig0

block0(v0: i8, v1: i16, v2: i64):
    ${call}
    return
}
`);
  const [f] = calleesOf(module, module.functions, false);
  return [0, 1].map((param) => f?.isExtensionChecked(param) ?? false);
}

describe('calleesOf', () => {
  it.each(['call', 'call_indirect'] as const)('checks extensions that every %s declares alike', (how) => {
    expect(checked('i8 sext, i16 uext', how, 'i8 sext, i16 uext')).toEqual([true, true]);
    expect(checked('i8 sext, i16 uext', how, 'i8 sext, i16')).toEqual([true, false]);
    expect(checked('i8 sext, i16 uext', how, 'i8 uext, i16 uext')).toEqual([false, true]);
    expect(checked('i8 sext, i16 uext', how, 'i8 sext, i8 uext')).toEqual([true, false]);
  });

  it('does not mind a pointer that cannot be to the function', () => {
    expect(checked('i8 sext, i16 uext', 'call_indirect', 'i8, i32')).toEqual([true, true]);
  });

  it('remembers callees by module', () => {
    const module = moduleOf('function %f() system_v {\nblock0:\n    return\n}\n');
    const [first] = calleesOf(module, module.functions, true);
    expect(calleesOf(module, module.functions, true)[0]).toBe(first);
    expect(calleesOf(module, module.functions, false)[0]).not.toBe(first);
    expect(calleesOf({ functions: module.functions }, module.functions, true)[0]).not.toBe(first);
  });
});

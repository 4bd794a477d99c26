import { expect, test } from 'vitest';
import type { Finding } from '../compare/verdict.ts';
import { isSameFault } from './version-verdict.ts';

function finding(kind: Finding['kind'], place: string): Finding {
  return { kind, place, detail: '', configuration: 0, input: null, expected: null, observed: null };
}

test('panics of two versions are one fault, whatever their lines', () => {
  const old = finding('compiler-panic', 'cranelift-codegen-0.121.2/src/a.rs:1');
  expect(isSameFault(old, finding('compiler-panic', 'cranelift-codegen-0.135.8/src/a.rs:9'))).toBe(true);
});

test('a fault that breaks one rule is there where more are broken, not where fewer are', () => {
  const one = finding('abi-violation', 'fs1 not restored');
  const two = finding('abi-violation', 'fs1 not restored; s1 not restored');
  expect(isSameFault(one, two)).toBe(true);
  expect(isSameFault(two, one)).toBe(false);
});

test('other findings go by their bucket', () => {
  const fs1 = finding('abi-violation', 'fs1 not restored');
  expect(isSameFault(fs1, finding('abi-violation', 'fs1 not restored'))).toBe(true);
  expect(isSameFault(fs1, finding('abi-violation', 's1 not restored'))).toBe(false);
  expect(isSameFault(fs1, finding('miscompile', 'fs1 not restored'))).toBe(false);
});

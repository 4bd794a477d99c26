import { expect, it } from 'vitest';

import { classifyEnd } from './driver-end.ts';

it.each([
  [null, 'SIGKILL', '', 10_000, 'timeout'],
  [
    null,
    'SIGABRT',
    "thread 'compile' (1) has overflowed its stack\nfatal runtime error",
    undefined,
    'stack-overflow',
  ],
  [null, 'SIGABRT', 'memory allocation of 4294967296 bytes failed\n', undefined, 'memory'],
  [null, 'SIGSEGV', '', undefined, 'abort'],
  [101, null, 'thread panicked while panicking', undefined, 'abort'],
] as const)('exit code %s, signal %s, %j, timer %s: %s', (code, signal, stderr, timeoutMs, how) => {
  expect(classifyEnd(code, signal, stderr, timeoutMs)?.how).toBe(how);
});

it('an orderly exit in the middle of a request is our own fault', () => {
  expect(classifyEnd(0, null, '', undefined)).toBeNull();
  expect(classifyEnd(3, null, 'callfuzz-driver: malformed', undefined)).toBeNull();
});

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 900_000,
    // Real drivers and emulators run in most end-to-end files: more at once only slows them all down.
    maxWorkers: 2,
    reporters: ['default'],
  },
});

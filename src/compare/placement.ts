import type { Configuration } from '../clif/case.ts';

/** Whether the allocator is the one that spills what it likes. */
export function spillsFreely({ shared }: Configuration): boolean {
  return shared['regalloc_algorithm'] === 'single_pass';
}

/** Whether the mid-end may move what the text computes. */
export function movesValues({ shared }: Configuration): boolean {
  return (shared['opt_level'] ?? 'none') !== 'none';
}

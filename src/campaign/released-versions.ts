import { DEFAULT_CRANELIFT } from '../backend/driver-build.ts';

const FIRST_MINOR = 105;
const LAST_MINOR = Number(DEFAULT_CRANELIFT.split('.')[1]);

/**
 * Cranelift releases that `bisect` searches when it is given no list, oldest first: one a month, the newest patch of each,
 * from the first that the driver builds with to the default.
 */
export const RELEASED_VERSIONS: readonly string[] = [
  ...Array.from({ length: LAST_MINOR - FIRST_MINOR }, (_, i) => `0.${FIRST_MINOR + i}`),
  DEFAULT_CRANELIFT,
];

/** Exit codes of every command; an interrupted one ends with 128 and the signal's number. */
export const EXIT_CLEAN = 0;
export const EXIT_FINDINGS = 1;
export const EXIT_USAGE = 2;
export const EXIT_HARNESS_FAULT = 3;

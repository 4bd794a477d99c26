/** The two exceptions that leave a campaign, for the command line, which imports nothing deeper. */
export { HarnessError, UsageError } from '../clif/harness-error.ts';
export { CaseHarnessError } from './worker-client.ts';

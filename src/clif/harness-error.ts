/** Ours is wrong: stops the campaign, never a finding. `stage` is the folder whose code noticed. */
export class HarnessError extends Error {
  readonly stage: string;
  constructor(stage: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HarnessError';
    this.stage = stage;
  }
}

/** The user's mistake: one clear line, exit code 2, no stack trace. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

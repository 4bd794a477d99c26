/**
 * The oracle does not know what a construct means, so it has no expectation for the case. Never a guess, never a finding.
 * `type` is the type of the first result (or operand), null where there is none; `functionName` as CLIF prints it.
 */
export class UnsupportedError extends Error {
  readonly op: string;
  readonly type: string | null;
  readonly functionName: string;
  constructor(op: string, type: string | null, functionName: string, detail: string) {
    const typed = type === null ? op : `${op}.${type}`;
    super(`${functionName}: the oracle does not know ${typed}${detail === '' ? '' : `: ${detail}`}`);
    this.name = 'UnsupportedError';
    this.op = op;
    this.type = type;
    this.functionName = functionName;
  }
}

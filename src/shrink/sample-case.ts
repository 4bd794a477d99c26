import type { Case } from '../clif/case.ts';
import { clifErrorText, parseClif } from '../clif/parse.ts';

/** A case out of CLIF text, for tests: the last function is the entry and takes 1, 2, 3, … where no inputs are given. */
export function sampleCase(text: string, inputs?: Case['inputs']): Case {
  const parsed = parseClif(text, { file: 'sample', defaultCallConv: 'system_v' });
  if (parsed.kind === 'error') throw new Error(clifErrorText(parsed));
  const { module } = parsed.file;
  const entry = module.functions.at(-1);
  if (entry === undefined) throw new Error('no function');
  return {
    seed: 'sample',
    module,
    entry: entry.name,
    inputs: inputs ?? [entry.signature.params.map((_, index) => BigInt(index + 1))],
    configurations: [{ shared: { opt_level: 'speed' }, isa: ['has_v'] }],
  };
}

import { needsReturnArea } from '../abi/layout.ts';
import type { Case } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';
import { valueClassOf, type ValueClass } from '../clif/type.ts';

/*
 * What a probe by a call overwrites matters to functions that are given something in a0 or keep it for their caller (docs/findings.md, F19), and
 * to those that may enlarge their argument area for a tail call (F20). To no others, so that a fault of theirs stays one.
 */

/** Classes whose values are given in registers of their own, or in memory. */
const ELSEWHERE: readonly ValueClass[] = ['float', 'vector'];

function mayLose({ signature, blocks }: Function): boolean {
  return (
    signature.callConv === 'preserve_all' ||
    signature.params.some(({ type }) => !ELSEWHERE.includes(valueClassOf(type))) ||
    needsReturnArea(signature) ||
    blocks.some(({ insts }) => insts.at(-1)?.op.startsWith('return_call') === true)
  );
}

/** Configurations that probe frames by calls, which is what probes do where nothing is said, without any probes; the case as it is where no function can miss what they overwrite. */
export function withoutOutlineProbes(kase: Case): Case {
  if (!kase.module.functions.some(mayLose)) return kase;
  const configurations = kase.configurations.map((configuration) => {
    const { shared } = configuration;
    const isMeant = (shared['probestack_strategy'] ?? 'outline') === 'outline';
    return isMeant ? { ...configuration, shared: { ...shared, enable_probestack: 'false' } } : configuration;
  });
  return { ...kase, configurations };
}

import type { Case } from '../../clif/case.ts';
import type { Function } from '../../clif/module.ts';
import { functionNameText } from '../../clif/module.ts';
import { bitMask, typeInfo } from '../../clif/type.ts';
import type { Pass } from '../pass.ts';

/** One input for `fn`: the case's own values where the types agree, else bytes that tell the parameters apart. */
function inputsFor(kase: Case, old: Function | undefined, fn: Function): Case['inputs'] {
  const rows = kase.inputs.length === 0 ? [[]] : kase.inputs;
  return rows.map((row) =>
    fn.signature.params.map((param, index) => {
      const same = old?.signature.params.findIndex((p, i) => p.type === param.type && i >= index) ?? -1;
      const own = same < 0 ? undefined : row[same];
      if (own !== undefined) return own;
      const info = typeInfo(param.type);
      let bits = 0n;
      for (let byte = 0; byte < info.bytes; byte += 1)
        bits = (bits << 8n) | BigInt(((index * 16 + byte) & 0x7f) + 1);
      return bits & bitMask(info.bits);
    }),
  );
}

/** Another function as the entry: what called it goes. Last functions first, as generators put callees after or before callers. */
export const otherEntries: Pass = {
  name: 'other entries',
  *candidates(kase) {
    const name = functionNameText(kase.entry);
    const old = kase.module.functions.find((fn) => functionNameText(fn.name) === name);
    for (const fn of kase.module.functions) {
      if (fn === old || fn.funcRefs.size === 0) continue;
      yield () => ({ ...kase, entry: fn.name, inputs: inputsFor(kase, old, fn) });
    }
    for (const fn of kase.module.functions) {
      if (fn === old || fn.funcRefs.size > 0) continue;
      yield () => ({ ...kase, entry: fn.name, inputs: inputsFor(kase, old, fn) });
    }
  },
};

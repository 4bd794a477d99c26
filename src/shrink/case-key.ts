import type { Case } from '../clif/case.ts';
import { configurationText } from '../clif/case.ts';
import type { Function } from '../clif/module.ts';
import { functionNameText } from '../clif/module.ts';
import { printFunction } from '../clif/print.ts';

const TEXTS = new WeakMap<Function, string>();

function textOf(fn: Function): string {
  let text = TEXTS.get(fn);
  if (text === undefined) {
    text = printFunction(fn);
    TEXTS.set(fn, text);
  }
  return text;
}

/** Identity of a case for the shrinker: all but its seed. */
export function caseKey(kase: Case): string {
  const inputs = kase.inputs.map((input) => input.map((bits) => bits.toString(36)).join(',')).join(';');
  const configurations = kase.configurations.map(configurationText).join(';');
  return [functionNameText(kase.entry), inputs, configurations, ...kase.module.functions.map(textOf)].join(
    '\n',
  );
}

import { expect, test } from 'vitest';
import { functionNameText } from './module.ts';
import { parseClif } from './parse.ts';
import { reachableFunctions } from './reachable.ts';

const TEXT = `function %a() system_v {
    fn0 = %b() system_v
    fn1 = %elsewhere() system_v
block0:
    call fn0()
    return
}
function %b() system_v {
    fn0 = %a() system_v
block0:
    call fn0()
    return
}
function %c() system_v {
    gv0 = symbol %a
block0:
    return
}
`;

test('follows references, round in circles too, and not into what the module lacks', () => {
  const parsed = parseClif(TEXT);
  if (parsed.kind === 'error') throw new Error(parsed.message);
  const { module } = parsed.file;
  const from = (name: string): readonly string[] =>
    reachableFunctions(module, { kind: 'test', name }).map((fn) => functionNameText(fn.name));
  expect(from('a')).toEqual(['%a', '%b']);
  expect(from('c')).toEqual(['%c', '%a', '%b']);
  expect(from('elsewhere')).toEqual([]);
});

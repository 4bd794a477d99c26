import { functionNameText } from '../../clif/module.ts';
import type { AbiParam } from '../../clif/signature.ts';
import { NORMAL } from '../../clif/signature.ts';
import type { Type } from '../../clif/type.ts';
import { callGroup } from '../call-group.ts';
import type { ParamChange } from '../change-signature.ts';
import { changeGroup, changesIn, retyped, UNCHANGED } from '../change-signature.ts';
import type { Candidate, Pass } from '../pass.ts';
import { chunks } from '../pass.ts';
import { typeCost } from '../size.ts';
import type { Case } from '../../clif/case.ts';

const DROP: ParamChange = { kind: 'drop' };

/** Candidates that change a chosen set of parameters or results of each function, in halves and then singly. */
function* changeEach(
  kase: Case,
  side: 'params' | 'returns',
  select: (param: AbiParam) => boolean,
  change: (param: AbiParam) => ParamChange,
): Generator<Candidate> {
  for (const fn of kase.module.functions) {
    const list = fn.signature[side];
    const positions = list.flatMap((param, index) => (select(param) ? [index] : []));
    for (const range of chunks(positions.length)) {
      yield () => {
        const group = callGroup(kase.module, functionNameText(fn.name), side === 'returns');
        const changes = changesIn(positions, range, (index) => {
          const param = list[index];
          return param === undefined ? DROP : change(param);
        });
        return changeGroup(kase, group, { ...UNCHANGED, [side]: changes });
      };
    }
  }
}

export const dropParams: Pass = {
  name: 'drop parameters',
  candidates: (kase) =>
    changeEach(
      kase,
      'params',
      () => true,
      () => DROP,
    ),
};

export const dropResults: Pass = {
  name: 'drop results',
  candidates: (kase) =>
    changeEach(
      kase,
      'returns',
      () => true,
      () => DROP,
    ),
};

const PLAIN_TYPES: readonly Type[] = ['i64', 'i32', 'i128', 'f64', 'f32', 'i8x16'];

export const plainerTypes: Pass = {
  name: 'plainer types',
  *candidates(kase) {
    for (const side of ['params', 'returns'] as const) {
      for (const type of PLAIN_TYPES) {
        const isDearer = (param: AbiParam): boolean => typeCost(param.type) > typeCost(type);
        yield* changeEach(kase, side, isDearer, (param) => retyped(param, type));
      }
    }
  },
};

function isSpecial(param: AbiParam): boolean {
  return param.extension !== 'none' || param.purpose.kind !== 'normal';
}

function plain(param: AbiParam): ParamChange {
  return { kind: 'declare', param: { type: param.type, extension: 'none', purpose: NORMAL } };
}

export const plainParams: Pass = {
  name: 'drop extensions and purposes',
  *candidates(kase) {
    for (const side of ['params', 'returns'] as const) yield* changeEach(kase, side, isSpecial, plain);
  },
};

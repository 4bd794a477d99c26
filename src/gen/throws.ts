import { functionNameText, type Inst, type Value } from '../clif/module.ts';
import { THROW, THROW_TO, type ThrowRoutine } from '../clif/throw-routine.ts';
import {
  addSigRef,
  blockCall,
  branch,
  constant,
  emit,
  newBlock,
  newValue,
  plain,
  type BodyState,
} from './body-state.ts';
import { checksumOf } from './checksum.ts';
import { drawInstance, drawTag, emitThrow, tagValue, throwCondition } from './exceptions.ts';
import { leaveFunction } from './leave.ts';
import { inEndingBlock } from './scopes.ts';
import { anyValue } from './values.ts';

/** Above every frame: the search ends with the outermost. */
const ABOVE_ALL = 0x7fff_ffff_ffff_fff0n;

/** The routine is told a place in its caller; this one says nothing. */
const SOME_PLACE = 1n;

/** Somewhere, or where this function returns to, which the guest looks at in the function's frame record (guest/veneer.c). */
function placeToTell(state: BodyState): Value {
  const { returnAddresses } = state.config;
  if (returnAddresses === 0 || !state.draw.chance(returnAddresses)) return constant(state, 'i64', SOME_PLACE);
  return plain(state, 'get_return_address', 'i64', []);
}

function routineRef(state: BodyState, routine: ThrowRoutine): number {
  const { name, signature } = routine;
  const key = functionNameText(name);
  const known = state.funcRefNumbers.get(key);
  if (known !== undefined) return known;
  const colocated = state.draw.chance(state.config.colocatedCalls);
  const number = state.funcRefs.size;
  const sig = addSigRef(state, signature);
  state.funcRefs.set(number, { name, sig, colocated, patchable: false });
  state.funcRefNumbers.set(key, number);
  return number;
}

export function canThrow(state: BodyState): boolean {
  // The entry is called by nobody who could catch.
  return state.shape.throws && state.index > 0;
}

/** Of 100 exceptions, how many have the tag that most lists begin with, where lists repeat tags. */
const FIRST_TAGS = 60;

/** Which of the tags is thrown. */
function drawTurn({ draw, config }: BodyState): number {
  const isFirst = config.repeatedTags > 0 && draw.chance(FIRST_TAGS);
  return isFirst ? 0 : draw.int(0, 3);
}

/** On some inputs throws an exception with the checksum in its payload. */
export function throwStatement(state: BodyState): void {
  const { draw } = state;
  const raise = newBlock(state);
  const stay = newBlock(state);
  branch(state, throwCondition(state), blockCall(state, raise), blockCall(state, stay));
  const checksum = checksumOf(state);
  const useCounts = state.useCounts.slice();
  if (draw.chance(50)) raise.cold = true;
  inEndingBlock(state, raise, () => {
    const top = constant(state, 'i64', ABOVE_ALL);
    const frame = newValue(state, 'i64');
    const inst: Inst = {
      kind: 'plain',
      op: 'get_frame_pointer',
      type: 'i64',
      results: [frame],
      args: [],
    };
    emit(state, inst);
    const place = placeToTell(state);
    const tag = tagValue(state, drawTag(state, drawTurn(state)));
    const args = [top, frame, place, tag, checksumOf(state), anyValue(state, 'i64')];
    const routine = draw.chance(state.config.namedInstances) ? THROW_TO : THROW;
    const instance = routine.namesInstance ? [drawInstance(state)] : [];
    const func = routineRef(state, routine);
    emitThrow(state, func, state.funcRefs.get(func)?.sig ?? 0, [...args, ...instance]);
    leaveFunction(state);
  });
  state.checksum = checksum;
  // What only the way out has read is still unread on the way on.
  useCounts.forEach((count, value) => {
    state.useCounts[value] = count;
  });
  state.block = stay;
}

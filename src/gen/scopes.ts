import { closeScope, openScope, publish, type BodyState } from './body-state.ts';
import { foldUnused } from './checksum.ts';

/** Runs `make` in `block` as a scope of its own; `make` ends the block. `mark` is where the scope's values begin. */
export function inEndingBlock(
  state: BodyState,
  block: BodyState['block'],
  make: (mark: number) => void,
): void {
  const mark = openScope(state);
  state.block = block;
  state.depth += 1;
  make(mark.values);
  state.depth -= 1;
  closeScope(state, mark);
}

/** Runs `make` in `block` as a scope of its own and leaves the block open; what it defines is folded before the scope ends. */
export function inBlock(state: BodyState, block: BodyState['block'], make: () => void): void {
  inEndingBlock(state, block, (mark) => {
    make();
    foldUnused(state, mark);
  });
}

/** Goes on in `block`, whose first parameter is the checksum and the others data. */
export function enter(state: BodyState, block: BodyState['block']): void {
  state.block = block;
  block.params.forEach((param, i) => {
    if (i === 0) state.checksum = param.value;
    else publish(state, param.value);
  });
}

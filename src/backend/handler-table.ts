import type { PlacedFunction } from './artifact.ts';
import type { CompiledFunction, Handler } from './compile-result.ts';

/*
 * The guest's struct throw_table (guest/protocol.h): call sites with handlers by ascending return address, then their handlers. Change
 * both together.
 */

const HEADER_BYTES = 8;
const SITE_BYTES = 24;
const HANDLER_BYTES = 24;
const NO_FRAME_OFFSET = 0xffffffff;

function sitesOf(fn: CompiledFunction): CompiledFunction['callSites'] {
  return fn.callSites.filter((site) => site.handlers.length > 0);
}

/** Bytes of the table of these functions. */
export function handlerTableBytes(functions: readonly CompiledFunction[]): number {
  let bytes = HEADER_BYTES;
  for (const fn of functions) {
    for (const site of sitesOf(fn)) bytes += SITE_BYTES + HANDLER_BYTES * site.handlers.length;
  }
  return bytes;
}

/** Kind of place and where in it; enum throw_context. */
function contextWords({ context }: Handler): readonly [number, number] {
  if (context === undefined) return [0, 0];
  return context.kind === 'sp' ? [1, context.offset] : [2, context.register];
}

/** Writes the table at `at`; `placed` are the functions in an image that lies at `base`, in their order and ascending. */
export function writeHandlerTable(
  view: DataView,
  at: number,
  functions: readonly CompiledFunction[],
  placed: readonly PlacedFunction[],
  base: bigint,
): void {
  const sites = functions.flatMap((fn, i) => {
    const start = placed[i]?.offset ?? 0;
    const own = sitesOf(fn).toSorted((a, b) => a.offset - b.offset);
    return own.map((site) => ({ site, start }));
  });
  view.setUint32(at, sites.length, true);
  let handlerAt = at + HEADER_BYTES + SITE_BYTES * sites.length;
  let handlerCount = 0;
  sites.forEach(({ site, start }, i) => {
    const siteAt = at + HEADER_BYTES + SITE_BYTES * i;
    view.setBigUint64(siteAt, base + BigInt(start + site.offset), true);
    view.setUint32(siteAt + 8, site.frameOffset ?? NO_FRAME_OFFSET, true);
    view.setUint32(siteAt + 12, handlerCount, true);
    view.setUint32(siteAt + 16, site.handlers.length, true);
    for (const handler of site.handlers) {
      const [context, contextAt] = contextWords(handler);
      view.setBigUint64(handlerAt, base + BigInt(start + handler.offset), true);
      view.setUint32(handlerAt + 8, handler.tag === null ? 1 : 0, true);
      view.setUint32(handlerAt + 12, handler.tag ?? 0, true);
      view.setUint32(handlerAt + 16, context, true);
      view.setUint32(handlerAt + 20, contextAt, true);
      handlerAt += HANDLER_BYTES;
      handlerCount += 1;
    }
  });
}

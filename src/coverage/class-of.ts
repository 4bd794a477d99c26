/** Which class a number falls into: the first whose upper end is not below it, or the one past the last. */
export function classOf(ends: readonly number[], value: number): number {
  const at = ends.findIndex((end) => value <= end);
  return at < 0 ? ends.length : at;
}

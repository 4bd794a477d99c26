/** 121 of `0.121`, `0.121.2` or `0.121.2 with …`; null for a version of another form, which counts as the newest. */
export function releaseNumber(version: string): number | null {
  const minor = /^0\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? null : Number(minor);
}

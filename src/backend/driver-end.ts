/** How a child ended while it worked on a request. */
export interface ChildEnd {
  readonly how: 'abort' | 'stack-overflow' | 'timeout' | 'memory';
  readonly detail: string;
}

/** Exit code of a driver that could not make sense of a request (`driver/src/main.rs`). */
const EXIT_PROTOCOL = 3;

/**
 * Tells the ends apart by what Rust's runtime prints before it aborts. `timeoutMs` is given where the client ended the
 * child. Null: the driver ended of itself, which is a harness fault.
 */
export function classifyEnd(
  code: number | null,
  signal: string | null,
  stderr: string,
  timeoutMs: number | undefined,
): ChildEnd | null {
  if (timeoutMs !== undefined) return { how: 'timeout', detail: `no answer within ${timeoutMs} ms` };
  const detail = stderr.trim() || (signal === null ? `exit code ${code}` : `killed by ${signal}`);
  if (stderr.includes('has overflowed its stack')) return { how: 'stack-overflow', detail };
  if (stderr.includes('memory allocation of ')) return { how: 'memory', detail };
  if (code === 0 || code === EXIT_PROTOCOL) return null;
  return { how: 'abort', detail };
}

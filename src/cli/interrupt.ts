import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What a shell gives as the exit code of a program that a signal ended. */
const SIGNAL_BASE = 128;

/**
 * Until the function it gives back is called, an interrupt runs `onInterrupt` and ends this process at once with 130 (143,
 * 129). The journal holds whole chunks only, so there is nothing to wait for; workers end when their parent is gone.
 */
export function endOnInterrupt(onInterrupt: () => void): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => {
      onInterrupt();
      process.exit(SIGNAL_BASE + constants.signals[signal]);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}

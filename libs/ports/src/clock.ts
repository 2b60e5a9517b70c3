/** Time and chance, injected so that a simulation can own them. */
export interface Clock {
  /** Milliseconds; monotonic within a process. */
  now(): number;
  /** Resolves after `milliseconds`, or at once when the signal aborts: it never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** 0 <= random < 1. */
  random(): number;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done, { once: true });
    }),
  random: Math.random,
};

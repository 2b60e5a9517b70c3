/**
 * Hints between processes: who is alive, what moved. Losing all of it may cost time, never data (D-21): nothing here is
 * durable and nothing throws.
 */
export interface Signals {
  /** Best effort, at most once. */
  publish(topic: string, message: string): void;
  /** Answers a function that ends the subscription. */
  subscribe(topic: string, listener: (message: string) => void): () => void;
  /**
   * Takes `amount` from the token bucket `key` shared by all processes; answers the milliseconds the caller must wait before
   * it goes on (0: none). A bucket that nobody has used is empty; after a pause it holds one second's worth at most. It may go negative by one taking. When the shared
   * bucket cannot be reached, a local one of the same rate is used and the rate is exceeded at most by the number of processes.
   */
  take(key: string, amount: number, perSecond: number): Promise<number>;
  close(): Promise<void>;
}

interface Sent {
  readonly seq: number;
  readonly bytes: number;
}

/**
 * How far the readers of a run in this worker may be ahead of the target (D-18): a budget of bytes over all streams and a
 * number of batches a stream. Batches taken into an open transaction no longer count, or a long unit would block itself.
 */
export class AheadWindow {
  #bytes = 0;
  readonly #sent = new Map<number, Sent[]>();
  readonly #applied = new Map<number, number>();
  #waiting: (() => void)[] = [];

  /** Waits until a batch of this size may be sent for the split; one batch alone is always allowed. */
  async room(split: number, limits: { bytes: number; batches: number }, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const queue = this.#sent.get(split)?.length ?? 0;
      if (queue < limits.batches && (this.#bytes < limits.bytes || queue === 0)) return;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener('abort', done);
          resolve();
        };
        signal.addEventListener('abort', done, { once: true });
        this.#waiting.push(done);
      });
    }
  }

  sent(split: number, seq: number, bytes: number): void {
    if (seq <= (this.#applied.get(split) ?? 0)) return;
    this.#bytes += bytes;
    const queue = this.#sent.get(split);
    if (queue === undefined) this.#sent.set(split, [{ seq, bytes }]);
    else queue.push({ seq, bytes });
  }

  /** Everything of the split up to `seq` is applied or committed. */
  applied(split: number, seq: number): void {
    if (seq > (this.#applied.get(split) ?? 0)) this.#applied.set(split, seq);
    const queue = this.#sent.get(split);
    if (queue === undefined) return;
    let gone = 0;
    while (gone < queue.length && queue[gone]!.seq <= seq) this.#bytes -= queue[gone++]!.bytes;
    if (gone === 0) return;
    queue.splice(0, gone);
    this.#wake();
  }

  /** The split starts over after `seq`, or is no longer read here. */
  reset(split: number, seq = 0): void {
    for (const sent of this.#sent.get(split) ?? []) this.#bytes -= sent.bytes;
    this.#sent.delete(split);
    this.#applied.set(split, seq);
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}

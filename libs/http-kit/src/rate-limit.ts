/** How many calls at most: so many a second in the long run, and so many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  readonly tokens: number;
  /** When it held them, in milliseconds. */
  readonly at: number;
}

/** Callers that are remembered; whoever is forgotten starts with a full bucket. */
const MOST = 10_000;

/** Token buckets by caller, in the memory of this process. */
export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** The one that was used last is last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Counts a call. Answers 0, or the milliseconds until the next one would be let through. */
  take(caller: string): number {
    const tokens = this.#tokens(caller);
    if (tokens < 1) return Math.ceil(((1 - tokens) / this.#rate.perSecond) * 1000);
    this.#keep(caller, tokens - 1);
    return 0;
  }

  /** Takes a counted call back. */
  giveBack(caller: string): void {
    this.#keep(caller, Math.min(this.#rate.burst, this.#tokens(caller) + 1));
  }

  #tokens(caller: string): number {
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) return this.#rate.burst;
    const gained = ((this.#now() - bucket.at) / 1000) * this.#rate.perSecond;
    return Math.min(this.#rate.burst, bucket.tokens + gained);
  }

  #keep(caller: string, tokens: number): void {
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { tokens, at: this.#now() });
    if (this.#buckets.size > MOST) this.#buckets.delete(this.#buckets.keys().next().value!);
  }
}

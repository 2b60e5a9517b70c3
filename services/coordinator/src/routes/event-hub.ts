import { ACTIVE_STATES, addCounts, RESTING_STATES, ZERO_COUNTS } from '@sluice/model';
import type { StreamedEvent } from '@sluice/http-kit';
import type { EventRow, RunRow, Store } from '@sluice/ports';
import { Rates } from './rates.ts';

/** How often the store is looked at while somebody listens (milliseconds): four times a second at most reach a client. */
const LOOK_EVERY = 250;
const PAGE = 50;
/** Changes of state that a client which comes back may have missed; after more than these it is told to start over. */
const MOST_MISSED = 1000;
/** Two coordinators may write ids in another order than they become visible; so much (milliseconds) is looked at again. */
const OVERLAP = 2000;
/** Runs whose progress is shown at once in one workspace. */
const MOST_RUNS = 200;

/** An event with what it is about, so that a client can choose. */
export interface RunEvent extends StreamedEvent {
  readonly run: string;
  readonly task: string;
}

type Listener = (event: RunEvent) => void;

/** Changes of state and progress of runs: one look at the store per workspace, however many clients listen. */
export class EventHub {
  readonly #store: Store;
  readonly #feeds = new Map<string, Feed>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Calls with everything from now on, beginning with the progress of active runs. Answers what ends it. */
  subscribe(workspace: string, listener: Listener): () => void {
    let feed = this.#feeds.get(workspace);
    if (feed === undefined) this.#feeds.set(workspace, (feed = new Feed(this.#store, workspace)));
    const mine = feed;
    mine.add(listener);
    return () => {
      if (mine.remove(listener) && this.#feeds.get(workspace) === mine) this.#feeds.delete(workspace);
    };
  }

  /** Changes of state after an id, the oldest first, perhaps with a few that were sent before; undefined: too many. */
  async missed(workspace: string, last: string): Promise<RunEvent[] | undefined> {
    const rows = await newestEvents(this.#store, workspace, earlier(last), MOST_MISSED);
    if (rows.length >= MOST_MISSED) return undefined;
    const events: RunEvent[] = [];
    for (const row of rows) if (row.id !== last) events.push(await stateEvent(this.#store, row));
    return events;
  }
}

class Feed {
  readonly #store: Store;
  readonly #workspace: string;
  readonly #listeners = new Set<Listener>();
  readonly #seen = new Set<string>();
  readonly #progress = new Map<
    string,
    { readonly text: string; readonly event: RunEvent; readonly rates: Rates }
  >();
  #since: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, workspace: string) {
    this.#store = store;
    this.#workspace = workspace;
    this.#since = idAt(Date.now());
  }

  add(listener: Listener): void {
    for (const { event } of this.#progress.values()) listener(event);
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#timer = setTimeout(() => void this.#look(), 0);
  }

  /** True when nobody is left. */
  remove(listener: Listener): boolean {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) clearTimeout(this.#timer);
    return this.#listeners.size === 0;
  }

  async #look(): Promise<void> {
    try {
      await this.#states();
      await this.#runs();
    } catch {
      // The store is away: the next look tells what was missed.
    }
    if (this.#listeners.size > 0) this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY);
  }

  async #states(): Promise<void> {
    const from = this.#since;
    const next = idAt(Date.now() - OVERLAP);
    const rows = await newestEvents(this.#store, this.#workspace, from, MOST_MISSED);
    const touched = new Set<string>();
    for (const row of rows) {
      if (this.#seen.has(row.id)) continue;
      this.#seen.add(row.id);
      this.#tell(await stateEvent(this.#store, row));
      touched.add(row.parent);
    }
    // A run may begin and end between two looks.
    for (const run of touched) if (!this.#progress.has(run)) await this.#last(run);
    if (next > this.#since) this.#since = next;
    for (const id of this.#seen) if (id < this.#since) this.#seen.delete(id);
  }

  async #runs(): Promise<void> {
    const query = { workspace: this.#workspace, states: [...ACTIVE_STATES], limit: MOST_RUNS };
    const active = (await this.#store.runs.list(query)).items;
    for (const run of active) await this.#progressOf(run);
    const ids = new Set(active.map(({ id }) => id));
    for (const id of this.#progress.keys()) if (!ids.has(id)) await this.#last(id);
  }

  /** The last figures of a run that rests. */
  async #last(id: string): Promise<void> {
    const run = await this.#store.runs.get(id);
    if (run !== undefined && !RESTING_STATES.has(run.state)) return;
    if (run !== undefined) await this.#progressOf(run);
    this.#progress.delete(id);
  }

  async #progressOf(run: RunRow): Promise<void> {
    const splits = (await this.#store.splits.list({ parent: run.generation, limit: 10_000 })).items;
    const counts = splits.reduce((sum, row) => addCounts(sum, row.counts), ZERO_COUNTS);
    const known = this.#progress.get(run.id);
    const rates = known?.rates ?? new Rates();
    const total = run.plan?.read.rows;
    const fixed = {
      run: run.id,
      task: run.parent,
      state: run.state,
      counts,
      splits: { done: splits.filter(({ state }) => state === 'final').length, total: splits.length },
      ...(total === undefined ? {} : { total: { rows: total.count, kind: total.kind } }),
      ...(run.retries === undefined || run.retries === 0 ? {} : { retries: run.retries }),
    };
    const text = JSON.stringify(fixed);
    const speed = rates.at(performance.now(), counts, total?.count);
    if (text === known?.text) return;
    const data = { ...fixed, time: Date.now(), ...speed };
    const event: RunEvent = { event: 'run.progress', run: run.id, task: run.parent, data };
    this.#progress.set(run.id, { text, event, rates });
    this.#tell(event);
  }

  #tell(event: RunEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

async function stateEvent(store: Store, row: EventRow): Promise<RunEvent> {
  const task = (await store.runs.get(row.parent))?.parent ?? '';
  const { what: state, cause, actor, time, parent: run } = row;
  return { event: 'run.state', id: row.id, run, task, data: { run, task, state, cause, actor, time } };
}

/** The newest events of a workspace from an id on, at most `most`, the oldest first. */
async function newestEvents(
  store: Store,
  workspace: string,
  from: string,
  most: number,
): Promise<EventRow[]> {
  const found: EventRow[] = [];
  let cursor: string | undefined;
  do {
    const query = { workspace, descending: true, limit: PAGE };
    const page = await store.events.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    const fresh = page.items.filter(({ id }) => id > from);
    found.push(...fresh);
    cursor = fresh.length < page.items.length ? undefined : page.nextCursor;
  } while (cursor !== undefined && found.length < most);
  return found.reverse();
}

/** The smallest UUIDv7 of a time in milliseconds, as far as ordering goes. */
function idAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function earlier(id: string): string {
  return idAt(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - OVERLAP);
}

import { ACTIVE_STATES, SluiceError } from '@sluice/model';
import type {
  Collection,
  DirtyRow,
  EventRow,
  Indexed,
  ListQuery,
  RunRow,
  SplitRow,
  Store,
  TaskRow,
  Versioned,
  WorkerRow,
} from '@sluice/ports';

type Seen<T> = (before: Versioned<T> | undefined, after: Versioned<T>) => void;

/** A collection in memory: the semantics of the port, no I/O, no time. */
class MemoryCollection<T extends Indexed> implements Collection<T> {
  rows = new Map<string, Versioned<T>>();
  /** Called with every write that is done. */
  seen: Seen<T> = () => undefined;
  /** Throws when the row must not be stored. */
  admit: (row: T) => void = () => undefined;

  async insert(row: T): Promise<Versioned<T>> {
    if (this.rows.has(row.id)) throw new SluiceError('SLUICE_CFG_CONFLICT', `Row ${row.id} exists.`);
    this.admit(row);
    const stored = { ...row, version: 1 };
    this.rows.set(row.id, stored);
    this.seen(undefined, stored);
    return stored;
  }

  async get(id: string): Promise<Versioned<T> | undefined> {
    return this.rows.get(id);
  }

  async update(row: T, version: number): Promise<Versioned<T> | undefined> {
    const before = this.rows.get(row.id);
    if (before?.version !== version) return undefined;
    this.admit(row);
    const stored = { ...row, version: version + 1 };
    this.rows.set(row.id, stored);
    this.seen(before, stored);
    return stored;
  }

  async remove(id: string): Promise<boolean> {
    return this.rows.delete(id);
  }

  async list(query: ListQuery): Promise<{ items: Versioned<T>[] }> {
    const items: Versioned<T>[] = [];
    for (const row of this.rows.values())
      if (
        (query.workspace === undefined || row.workspace === query.workspace) &&
        (query.parent === undefined || row.parent === query.parent) &&
        (query.name === undefined || row.name === query.name) &&
        (query.states === undefined || query.states.includes(row.state ?? ''))
      )
        items.push(row);
    items.sort((a, b) => (a.id < b.id ? -1 : 1));
    return { items: query.descending === true ? items.reverse() : items };
  }
}

/** All rows of a store as they were once. */
export type Snapshot = ReadonlyMap<MemoryCollection<never>, ReadonlyMap<string, Versioned<never>>>;

/** The store of a simulated world; listings are whole, because everything in it is small. */
export class SimStore implements Store {
  readonly workspaces: Store['workspaces'] = new MemoryCollection();
  readonly accessKeys: Store['accessKeys'] = new MemoryCollection();
  readonly dataSources: Store['dataSources'] = new MemoryCollection();
  readonly secrets: Store['secrets'] = new MemoryCollection();
  readonly tasks = new MemoryCollection<TaskRow>();
  readonly runs = new MemoryCollection<RunRow>();
  readonly splits = new MemoryCollection<SplitRow>();
  readonly workers = new MemoryCollection<WorkerRow>();
  readonly errands: Store['errands'] = new MemoryCollection();
  readonly events = new MemoryCollection<EventRow>();
  readonly dirty = new MemoryCollection<DirtyRow>();
  readonly idempotency: Store['idempotency'] = new MemoryCollection();
  readonly lines: string[] = [];
  readonly logs: Store['logs'] = {
    append: async (_run, lines) => {
      for (const line of lines)
        this.lines.push(`${line.level} ${line.worker ?? line.stage ?? ''} ${line.message}`);
    },
    read: async () => ({ lines: [], after: 0, before: 0 }),
  };
  readonly schemas: Store['schemas'] = {
    register: async () => ({ id: 1, version: 1 }),
    byId: async () => undefined,
    versions: async () => [],
    subjects: async () => [],
    usages: async () => [],
  };
  /** Nobody looks into it here: the simulation has no API. */
  readonly audit: Store['audit'] = {
    record: async (_workspace, change) => (await change(this)).result,
    read: async () => ({ entries: [] }),
    verify: async () => ({ entries: 0, head: '' }),
  };
  async migrate(): Promise<void> {}
  async close(): Promise<void> {}

  /** As the port says: one active run a task (D-24). */
  oneActive(): void {
    this.runs.admit = (row) => {
      if (!ACTIVE_STATES.has(row.state)) return;
      for (const other of this.runs.rows.values())
        if (other.id !== row.id && other.parent === row.parent && ACTIVE_STATES.has(other.state))
          throw new SluiceError('SLUICE_CFG_CONFLICT', `Run ${other.id} is active.`);
    };
  }

  snapshot(): Snapshot {
    return new Map(this.#collections().map((collection) => [collection, new Map(collection.rows)]));
  }

  /** Somebody brings yesterday's backup back. */
  restore(snapshot: Snapshot): void {
    for (const [collection, rows] of snapshot) collection.rows = new Map(rows);
  }

  #collections(): MemoryCollection<never>[] {
    const all = [this.tasks, this.runs, this.splits, this.workers, this.errands, this.events, this.dirty];
    return all as unknown as MemoryCollection<never>[];
  }
}

import { SluiceError } from '@sluice/model';
import type { Collection, Indexed, ListQuery, RunRow, Store, Versioned } from '@sluice/ports';

/** A collection in memory: the semantics of the port, no I/O, no time. */
class MemoryCollection<T extends Indexed> implements Collection<T> {
  readonly rows = new Map<string, Versioned<T>>();

  async insert(row: T): Promise<Versioned<T>> {
    if (this.rows.has(row.id)) throw new SluiceError('SLUICE_CFG_CONFLICT', `Row ${row.id} exists.`);
    const stored = { ...row, version: 1 };
    this.rows.set(row.id, stored);
    return stored;
  }

  async get(id: string): Promise<Versioned<T> | undefined> {
    return this.rows.get(id);
  }

  async update(row: T, version: number): Promise<Versioned<T> | undefined> {
    if (this.rows.get(row.id)?.version !== version) return undefined;
    const stored = { ...row, version: version + 1 };
    this.rows.set(row.id, stored);
    return stored;
  }

  async remove(id: string): Promise<boolean> {
    return this.rows.delete(id);
  }

  async list(query: ListQuery): Promise<{ items: Versioned<T>[] }> {
    const fits = (row: T): boolean =>
      (query.workspace === undefined || row.workspace === query.workspace) &&
      (query.parent === undefined || row.parent === query.parent) &&
      (query.name === undefined || row.name === query.name) &&
      (query.states === undefined || query.states.includes(row.state ?? ''));
    return { items: [...this.rows.values()].filter(fits).sort((a, b) => (a.id < b.id ? -1 : 1)) };
  }
}

/** The store of a simulated world; listings are whole, because everything in it is small. */
export class SimStore implements Store {
  readonly workspaces: Store['workspaces'] = new MemoryCollection();
  readonly accessKeys: Store['accessKeys'] = new MemoryCollection();
  readonly dataSources: Store['dataSources'] = new MemoryCollection();
  readonly tasks: Store['tasks'] = new MemoryCollection();
  readonly runs = new MemoryCollection<RunRow>();
  readonly splits: Store['splits'] = new MemoryCollection();
  readonly workers: Store['workers'] = new MemoryCollection();
  readonly errands: Store['errands'] = new MemoryCollection();
  readonly events: Store['events'] = new MemoryCollection();
  readonly dirty: Store['dirty'] = new MemoryCollection();
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
  async migrate(): Promise<void> {}
  async close(): Promise<void> {}

  peekRuns(): RunRow[] {
    return [...this.runs.rows.values()];
  }
}

import {
  type BulkWrite,
  type KeptDirtyRecord,
  type ProgressTable,
  RowCursor,
  type TargetConnections,
  type TargetSession,
  type TargetTables,
  type TaskRow,
} from '@sluice/connector-sdk';
import {
  type DirtyRecord,
  EPOCH_FENCED,
  SluiceError,
  type StreamId,
  type StreamProgress,
  type WritePlan,
  ZERO_COUNTS,
} from '@sluice/model';
import type { TargetWatch } from './watch-target.ts';
import type { Process, World } from './world.ts';

/** A record that the target refuses, until somebody repairs it. */
export const isBad = (id: number): boolean => id % 7 === 6;

const LOCK_TIMEOUT = 10_000;
const IDLE_LIMIT = 60_000;

/** A row of the target's table, and whose it is. */
export interface Row {
  readonly generation: string;
  readonly id: number;
  readonly text: string;
}

/** What goes wrong with commits. */
export interface TargetFaults {
  /** The next commit is done but its answer is lost. */
  unknownCommit: boolean;
  /** The next commit is not done and its answer is lost. */
  lostCommit: boolean;
}

/** A row of `_sluice_dirty`. */
export interface DirtyRow {
  readonly generation: string;
  readonly key: string;
  readonly id: number;
  readonly split: number;
  readonly kept: KeptDirtyRecord;
}

/** What a transaction has changed and not committed. */
export class Changes {
  rows: Row[] = [];
  dirty: DirtyRow[] = [];
  readonly streams = new Map<string, StreamProgress>();
  readonly tasks = new Map<string, TaskRow>();
  /** The generation that empties the table. */
  truncated: string | undefined;
}

/** The server: one table, one progress table; read committed, row locks. */
export class SimServer {
  readonly world: World;
  readonly faults: TargetFaults = { unknownCommit: false, lostCommit: false };
  readonly watch: TargetWatch;
  rows: Row[] = [];
  readonly dirty = new Map<string, DirtyRow>();
  readonly streams = new Map<string, StreamProgress>();
  readonly tasks = new Map<string, TaskRow>();
  readonly locks = new Map<string, SimSession>();
  readonly sessions = new Set<SimSession>();
  /** The protocol's own tables exist. */
  ensured = false;
  /** Somebody has repaired what was bad. */
  repaired = false;

  constructor(world: World, watch: TargetWatch) {
    this.world = world;
    this.watch = watch;
  }

  /** The server ends a session: its transaction is rolled back, its client finds out at the next statement. */
  end(session: SimSession): void {
    session.broken = true;
    session.changes = undefined;
    this.sessions.delete(session);
    for (const [key, holder] of this.locks) if (holder === session) this.locks.delete(key);
  }

  /** Sessions of dead clients end when the server notices, the idle ones at the limit. */
  sweep(): void {
    for (const session of this.sessions) {
      const idle = this.world.now - session.lastUse;
      if (
        (!session.client.alive && idle > session.noticed) ||
        (session.changes !== undefined && idle > IDLE_LIMIT)
      )
        this.end(session);
    }
  }

  apply(changes: Changes): void {
    this.watch.committing(this, changes);
    if (changes.truncated !== undefined) this.rows = [];
    this.rows.push(...changes.rows);
    for (const row of changes.dirty) this.dirty.set(row.key, row);
    for (const [key, row] of changes.streams) this.streams.set(key, row);
    for (const [key, row] of changes.tasks) this.tasks.set(key, row);
  }
}

export function dirtyRow(
  { generation, split }: StreamId,
  epoch: number,
  seq: number,
  record: DirtyRecord,
): DirtyRow {
  const { id } = JSON.parse(record.record) as { id: number };
  const key = `${generation}:${split}:${epoch}:${seq}:${record.index}`;
  return { generation, split, key, id: Number(id), kept: { ...record, epoch, seq } };
}

const keyOf = (task: string, generation: string, split: number): string => `${task} ${generation} ${split}`;

export class SimSession implements TargetSession {
  readonly server: SimServer;
  readonly client: Process;
  readonly application: string;
  broken = false;
  /** Bulk statements leave out what is bad and do not say so, as a plain LOAD DATA does. */
  lenient = false;
  changes: Changes | undefined;
  lastUse: number;
  readonly noticed: number;
  #saved: { rows: number; dirty: number } | undefined;
  readonly progress: ProgressTable;
  readonly tables: TargetTables;

  constructor(server: SimServer, client: Process, application: string) {
    this.server = server;
    this.client = client;
    this.application = application;
    this.lastUse = server.world.now;
    this.noticed = server.world.below(30_000);
    server.sessions.add(this);
    this.progress = this.#progressTable();
    this.tables = this.#targetTables();
  }

  /** One round trip. */
  async statement(): Promise<void> {
    await this.server.world.step(this.client);
    if (this.broken) throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'The session was ended.');
    this.lastUse = this.server.world.now;
  }

  async begin(): Promise<void> {
    await this.statement();
    this.changes = new Changes();
  }

  async commit(): Promise<void> {
    await this.statement();
    const { faults } = this.server;
    const lost = faults.lostCommit;
    const unknown = faults.unknownCommit;
    faults.lostCommit = faults.unknownCommit = false;
    if (!lost && this.changes !== undefined) this.server.apply(this.changes);
    this.#release();
    if (lost || unknown) this.server.end(this);
    await this.statement();
  }

  async rollback(): Promise<void> {
    this.#release();
  }

  async savepoint(): Promise<void> {
    await this.statement();
    this.#saved = { rows: this.changes!.rows.length, dirty: this.changes!.dirty.length };
  }

  async rollbackToSavepoint(): Promise<void> {
    await this.statement();
    this.changes!.rows.length = this.#saved!.rows;
    this.changes!.dirty.length = this.#saved!.dirty;
  }

  bulk(plan: WritePlan, strict: boolean): BulkWrite {
    const { generation } = plan;
    const taken: Row[] = [];
    return {
      write: async (rows) => {
        const cursor = new RowCursor(plan.schema, rows);
        while (cursor.more()) {
          cursor.field();
          const id = cursor.longNumber();
          cursor.field();
          taken.push({ generation, id, text: cursor.text() });
        }
      },
      end: async () => {
        await this.statement();
        const isGood = ({ id }: Row): boolean => this.server.repaired || !isBad(id);
        const bad = taken.find((row) => !isGood(row));
        if (bad !== undefined && this.lenient && !strict) {
          this.changes!.rows.push(...taken.filter(isGood));
          return taken.length;
        }
        if (bad !== undefined)
          throw new SluiceError('SLUICE_TGT_VALUE', { detail: `${bad.id} is bad`, place: 'id' });
        this.changes!.rows.push(...taken);
        return taken.length;
      },
      abort: async () => undefined,
    };
  }

  async exclusively(task: string, body: () => Promise<void>): Promise<void> {
    await this.begin();
    try {
      await this.lock(keyOf(task, '', -1));
      await body();
      await this.commit();
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async lock(key: string): Promise<void> {
    const until = this.server.world.now + LOCK_TIMEOUT;
    for (;;) {
      await this.statement();
      const holder = this.server.locks.get(key);
      if (holder === undefined || holder === this) break;
      if (this.server.world.now >= until) throw new SluiceError('SLUICE_TGT_INTERRUPTED', 'Lock timeout.');
      await this.server.world.clockOf(this.client).sleep(50);
    }
    this.server.locks.set(key, this);
  }

  async close(): Promise<void> {
    if (!this.broken) this.server.end(this);
  }

  #release(): void {
    this.changes = undefined;
    for (const [key, holder] of this.server.locks) if (holder === this) this.server.locks.delete(key);
  }

  #stream(key: string): StreamProgress | undefined {
    return this.changes?.streams.get(key) ?? this.server.streams.get(key);
  }

  #keys(task: string): string[] {
    const keys = new Set([...this.server.streams.keys(), ...(this.changes?.streams.keys() ?? [])]);
    return [...keys].filter((key) => key.startsWith(`${task} `)).sort();
  }

  #progressTable(): ProgressTable {
    return {
      ensure: async () => {
        await this.statement();
        this.server.ensured = true;
      },
      lockTask: async (task) => {
        this.#needTables();
        await this.lock(keyOf(task, '', -1));
        return (
          this.changes?.tasks.get(task) ??
          this.server.tasks.get(task) ?? { task, generation: '', phase: 'new' }
        );
      },
      saveTask: async (row) => {
        await this.statement();
        this.changes!.tasks.set(row.task, row);
      },
      lockStreams: async (task, generation, splits) => {
        this.#needTables();
        const wanted = this.#keys(task).filter((key) => {
          const [, g, split] = key.split(' ');
          return g === generation && (splits === undefined || splits.includes(Number(split)));
        });
        for (const key of wanted) await this.lock(key);
        return wanted.map((key) => this.#stream(key)).filter((row) => row !== undefined);
      },
      saveStream: async (id: StreamId, row: StreamProgress) => {
        await this.statement();
        this.changes!.streams.set(keyOf(id.task, id.generation, id.split), row);
      },
      insertStreams: async (plan, streams) => {
        await this.statement();
        for (const { split, readerEpoch, writerEpoch } of streams) {
          const key = keyOf(plan.task, plan.generation, split);
          if (this.#stream(key) !== undefined) continue;
          const counts = ZERO_COUNTS;
          const row = {
            split,
            readerEpoch,
            writerEpoch,
            writerHolder: '',
            seq: 0,
            position: null,
            counts,
            final: false,
          };
          this.changes!.streams.set(key, row);
          this.server.watch.planned(plan);
        }
      },
      fenceOthers: async (task, keep) => {
        for (const key of this.#keys(task)) {
          if (key.split(' ')[1] === keep) continue;
          await this.lock(key);
          this.changes!.streams.set(key, { ...this.#stream(key)!, writerEpoch: EPOCH_FENCED });
        }
      },
    };
  }

  #needTables(): void {
    if (!this.server.ensured) throw new SluiceError('SLUICE_TGT_TABLE', 'No table _sluice_progress.');
  }

  #targetTables(): TargetTables {
    return {
      prepare: async (plan) => {
        await this.statement();
        if (plan.truncateFirst) this.changes!.truncated = plan.generation;
      },
      insertDirty: async (id, epoch, seq, dirty: readonly DirtyRecord[]) => {
        await this.statement();
        for (const record of dirty) this.changes!.dirty.push(dirtyRow(id, epoch, seq, record));
      },
      lastDirty: async (id) => {
        await this.statement();
        return [...this.server.dirty.values()]
          .filter(({ generation, split }) => generation === id.generation && split === id.split)
          .map(({ kept }) => kept);
      },
      countDirty: async (task, generation) => {
        await this.statement();
        let sum = 0;
        for (const [key, row] of this.server.streams)
          if (key.startsWith(`${task} ${generation} `)) sum += row.counts.dirty;
        return sum;
      },
      removeOlder: async (task, generation) => {
        await this.statement();
        for (const key of this.#keys(task))
          if (key.split(' ')[1]! < generation) this.server.streams.delete(key);
      },
    };
  }
}

/** One process's way to the server. */
export class SimConnections implements TargetConnections {
  readonly #server: SimServer;
  readonly #client: Process;

  constructor(server: SimServer, client: Process) {
    this.#server = server;
    this.#client = client;
  }

  async open(application: string): Promise<SimSession> {
    await this.#server.world.step(this.#client);
    return new SimSession(this.#server, this.#client, application);
  }

  async terminate(application: string): Promise<void> {
    await this.#server.world.step(this.#client);
    for (const session of this.#server.sessions)
      if (session.application === application) this.#server.end(session);
  }
}

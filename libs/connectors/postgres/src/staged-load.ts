import type { BulkWrite } from '@sluice/connector-sdk';
import { SluiceError, type WriteMode, type WritePlan } from '@sluice/model';
import type { Session } from './connection.ts';
import type { CopyIn } from './copy-in.ts';
import { quote } from './identifier.ts';

const STAGING = '_sluice_bulk';

/** `insert ... on conflict` may not touch a row twice (SQLSTATE 21000). */
const TWICE = '21000';

/** Records of each `write`, in order, that a mode took; undefined: all. */
type Merge = (load: StagedMerge) => Promise<readonly number[] | undefined>;

/** COPY into a temporary table, then what the mode of the plan makes of its rows, as if they came one by one. */
export class StagedLoad implements BulkWrite {
  readonly #session: Session;
  readonly #target: string;
  readonly #plan: WritePlan;
  readonly #copy: Promise<CopyIn>;
  /** Records of each `write`. */
  readonly #parts: number[] = [];
  skipped: readonly number[] | undefined;

  constructor(session: Session, target: string, plan: WritePlan, into: (table: string) => CopyIn) {
    this.#session = session;
    this.#target = target;
    this.#plan = plan;
    const names = plan.schema.columns.map(({ name }) => quote(name)).join(', ');
    this.#copy = (async () => {
      if (plan.schema.key.length === 0)
        throw new SluiceError('SLUICE_TGT_KEY', `Mode ${plan.mode} needs a key.`);
      const [known] = await session.query(`select to_regclass('pg_temp.${STAGING}')::text`);
      if (known?.[0] === null || known?.[0] === undefined)
        await session.query(`create temp table ${STAGING} as select ${names} from ${target} with no data`);
      else await session.query(`truncate ${STAGING}`);
      return into(STAGING);
    })();
    this.#copy.catch(() => undefined);
  }

  async write(rows: Buffer, recordCount: number): Promise<void> {
    this.#parts.push(recordCount);
    await (await this.#copy).write(rows);
  }

  async end(): Promise<number> {
    const taken = await (await this.#copy).end();
    const merge = new StagedMerge(this.#session, this.#target, this.#plan, this.#parts);
    const written = await MERGES[this.#plan.mode]!(merge);
    this.skipped = written && this.#parts.map((records, part) => records - written[part]!);
    return taken;
  }

  async abort(): Promise<void> {
    await (await this.#copy).abort();
  }
}

/** The statements from the staging table into the target. Rows of a COPY lie in its order: `ctid` tells it. */
class StagedMerge {
  readonly #session: Session;
  readonly #parts: readonly number[];
  readonly target: string;
  readonly names: string;
  readonly keys: readonly string[];
  readonly key: string;
  /** Quoted columns beside the key. */
  readonly others: readonly string[];

  constructor(session: Session, target: string, { schema }: WritePlan, parts: readonly number[]) {
    this.#session = session;
    this.#parts = parts;
    this.target = target;
    this.names = schema.columns.map(({ name }) => quote(name)).join(', ');
    this.keys = schema.key.map(quote);
    this.key = this.keys.join(', ');
    this.others = schema.columns.map(({ name }) => quote(name)).filter((name) => !this.keys.includes(name));
  }

  /** `a.k = b.k` over the key. */
  sameKey(a: string, b: string): string {
    return this.keys.map((name) => `${a}.${name} = ${b}.${name}`).join(' and ');
  }

  /** Of each key the record that came last. */
  get last(): string {
    return `select distinct on (${this.key}) ${this.names} from ${STAGING} order by ${this.key}, ctid desc`;
  }

  /** Key and number of every record, from 1. */
  get numbered(): string {
    return `select ${this.key}, row_number() over (order by ctid) as _sluice_no from ${STAGING}`;
  }

  async run(sql: string): Promise<void> {
    await this.#session.query(sql);
  }

  /** Runs `with` parts and answers how many records of each `write` are among the rows that have a `_sluice_no`. */
  async count(ctes: string, from: string): Promise<readonly number[]> {
    const written = this.#parts.map(() => 0);
    let first = 1;
    const starts = this.#parts.map((records) => (first += records) - records);
    const rows = await this.#session.query(
      `with ${ctes} select width_bucket(_sluice_no, array[${starts.join(', ')}]::bigint[])::text, count(*)::text from ${from} group by 1`,
    );
    for (const [part, count] of rows) written[Number(part) - 1] = Number(count);
    return written;
  }
}

const MERGES: Readonly<Partial<Record<WriteMode, Merge>>> = {
  async upsert(load) {
    const set = load.others.map((name) => `${name} = excluded.${name}`).join(', ');
    const from = (select: string): string =>
      `insert into ${load.target} (${load.names}) ${select}
         on conflict (${load.key}) do ${set === '' ? 'nothing' : `update set ${set}`}`;
    await load.run('savepoint merge');
    try {
      await load.run(from(`select ${load.names} from ${STAGING}`));
    } catch (error) {
      if (!(error instanceof SluiceError) || (error.cause as { code?: string } | undefined)?.code !== TWICE)
        throw error;
      await load.run('rollback to merge');
      await load.run(from(load.last));
    }
    return undefined;
  },

  /** The first record of a key finds none or leaves it alone; those behind it find one. */
  ignore: (load) =>
    load.count(
      `done as (insert into ${load.target} (${load.names}) select ${load.names} from ${STAGING} order by ctid
         on conflict (${load.key}) do nothing returning ${load.key}),
       first as (select ${load.key}, min(_sluice_no) as _sluice_no from (${load.numbered}) n group by ${load.key})`,
      `first f join done d on ${load.sameKey('f', 'd')}`,
    ),

  /** A record that a later one of its key replaces was written too. */
  update: (load) => {
    const names = load.others.length === 0 ? load.keys.slice(0, 1) : load.others;
    const set = names.map((name) => `${name} = l.${name}`).join(', ');
    return load.count(
      `last as (${load.last}),
       done as (update ${load.target} as t set ${set} from last l where ${load.sameKey('t', 'l')}
         returning ${load.keys.map((name) => `t.${name}`).join(', ')})`,
      `(${load.numbered}) n join done d on ${load.sameKey('n', 'd')}`,
    );
  },

  async replace(load) {
    await load.run(`delete from ${load.target} as t using ${STAGING} s where ${load.sameKey('t', 's')}`);
    await load.run(`insert into ${load.target} (${load.names}) ${load.last}`);
    return undefined;
  },
};

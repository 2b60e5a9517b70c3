import type { BulkWrite } from '@sluice/connector-sdk';
import type { RowSchema } from '@sluice/model';
import { SluiceError } from '@sluice/model';
import type { Session } from './connection.ts';
import type { CopyIn } from './copy-in.ts';
import { quote } from './identifier.ts';

const STAGING = '_sluice_bulk';

/** `insert ... on conflict` may not touch a row twice (SQLSTATE 21000). */
const TWICE = '21000';

/** COPY into a temporary table, then one upsert; the last record of a key wins, in the order of the source. */
export class UpsertLoad implements BulkWrite {
  readonly #session: Session;
  readonly #target: string;
  readonly #schema: RowSchema;
  readonly #copy: Promise<CopyIn>;

  constructor(session: Session, target: string, schema: RowSchema, into: (table: string) => CopyIn) {
    this.#session = session;
    this.#target = target;
    this.#schema = schema;
    const names = schema.columns.map(({ name }) => quote(name)).join(', ');
    this.#copy = (async () => {
      if (schema.key.length === 0) throw new SluiceError('SLUICE_TGT_KEY', 'Upsert needs a key.');
      const [known] = await session.query(`select to_regclass('pg_temp.${STAGING}')::text`);
      if (known?.[0] === null || known?.[0] === undefined) {
        await session.query(`create temp table ${STAGING} as select ${names} from ${target} with no data`);
        await session.query(`alter table ${STAGING} add column _sluice_ordinal bigserial`);
      } else await session.query(`truncate ${STAGING}`);
      return into(STAGING);
    })();
    this.#copy.catch(() => undefined);
  }

  async write(rows: Buffer): Promise<void> {
    await (await this.#copy).write(rows);
  }

  async end(): Promise<number> {
    const taken = await (await this.#copy).end();
    await this.#session.query('savepoint merge');
    try {
      await this.#session.query(this.#merge(`select ${this.#names()} from ${STAGING}`));
    } catch (error) {
      if (!(error instanceof SluiceError) || (error.cause as { code?: string } | undefined)?.code !== TWICE)
        throw error;
      await this.#session.query('rollback to merge');
      const key = this.#schema.key.map(quote).join(', ');
      const last = `select distinct on (${key}) ${this.#names()} from ${STAGING} order by ${key}, _sluice_ordinal desc`;
      await this.#session.query(this.#merge(last));
    }
    return taken;
  }

  async abort(): Promise<void> {
    await (await this.#copy).abort();
  }

  #names(): string {
    return this.#schema.columns.map(({ name }) => quote(name)).join(', ');
  }

  #merge(select: string): string {
    const { columns, key } = this.#schema;
    const others = columns.filter(({ name }) => !key.includes(name)).map(({ name }) => quote(name));
    const set = others.map((name) => `${name} = excluded.${name}`).join(', ');
    const action = others.length === 0 ? 'nothing' : `update set ${set}`;
    return `insert into ${this.#target} (${this.#names()}) ${select} on conflict (${key.map(quote).join(', ')}) do ${action}`;
  }
}

import { createHash } from 'node:crypto';
import type { SchemaStore } from '@sluice/ports';
import type { SqlDatabase } from './sql-database.ts';

/** Avro schemas: one id a text, versions a subject. Rows are never removed, so no id is ever used again. */
export class SqlSchemas implements SchemaStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  register(subject: string, schema: string): Promise<{ id: number; version: number }> {
    const fingerprint = createHash('sha256').update(schema).digest('hex');
    return this.#database.alone('schemas', async (alone) => {
      const [known] = await alone.query('select id from avro_schema where fingerprint = ?', [fingerprint]);
      let id = Number(known?.['id'] ?? 0);
      if (known === undefined) {
        const [last] = await alone.query('select coalesce(max(id), 0) as id from avro_schema');
        id = Number(last!['id']) + 1;
        await alone.change('insert into avro_schema (id, fingerprint, body) values (?, ?, ?)', [
          id,
          fingerprint,
          schema,
        ]);
      }
      const versions = await alone.query(
        'select version, schema_id from schema_version where subject = ? order by version',
        [subject],
      );
      const present = versions.find((row) => Number(row['schema_id']) === id);
      if (present !== undefined) return { id, version: Number(present['version']) };
      const version = Number(versions.at(-1)?.['version'] ?? 0) + 1;
      await alone.change('insert into schema_version (subject, version, schema_id) values (?, ?, ?)', [
        subject,
        version,
        id,
      ]);
      return { id, version };
    });
  }

  async byId(id: number): Promise<string | undefined> {
    const [row] = await this.#database.query('select body from avro_schema where id = ?', [id]);
    return row === undefined ? undefined : String(row['body']);
  }

  async versions(subject: string): Promise<{ version: number; id: number; schema: string }[]> {
    const rows = await this.#database.query(
      'select v.version, s.id, s.body from schema_version v join avro_schema s on s.id = v.schema_id where subject = ? order by version',
      [subject],
    );
    return rows.map((row) => ({
      version: Number(row['version']),
      id: Number(row['id']),
      schema: String(row['body']),
    }));
  }

  async subjects(): Promise<string[]> {
    const rows = await this.#database.query('select distinct subject from schema_version order by subject');
    return rows.map((row) => String(row['subject']));
  }

  async usages(id: number): Promise<{ subject: string; version: number }[]> {
    const rows = await this.#database.query(
      'select subject, version from schema_version where schema_id = ? order by 1, 2',
      [id],
    );
    return rows.map((row) => ({ subject: String(row['subject']), version: Number(row['version']) }));
  }
}

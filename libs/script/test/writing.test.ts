import { readFileSync } from 'node:fs';
import type { ConnectorSpec } from '@sluice/model';
import { WRITE_MODES } from '@sluice/model';
import { describe, expect, it } from 'vitest';
import { DIALECTS, exportScript, importScript, type JsonSchema, type Surroundings } from '../src/index.ts';
import { PINNED } from './surroundings.ts';

/** The present schema of task documents, and connectors that write in every mode. */
const NOW: Surroundings = {
  schema: JSON.parse(
    readFileSync(new URL('../../../schemas/task.schema.json', import.meta.url), 'utf8'),
  ) as JsonSchema,
  connector: (name) => {
    const spec = PINNED.connector(name);
    if (spec?.writer === undefined) return spec;
    const writer: ConnectorSpec['writer'] = {
      ...spec.writer,
      properties: { ...spec.writer.properties, emptyAsNull: { type: 'boolean', title: 'Empty as null' } },
    };
    return { ...spec, writer, capabilities: { ...spec.capabilities, writeModes: WRITE_MODES } };
  },
};

const script = (parameter: object): string =>
  JSON.stringify({
    type: 'job',
    version: '2.0',
    steps: [
      {
        stepType: 'mysql',
        category: 'reader',
        name: 'Reader',
        parameter: { datasource: 'shop', table: 't', column: ['id'] },
      },
      {
        stepType: 'mysql',
        category: 'writer',
        name: 'Writer',
        parameter: { datasource: 'dwh', table: 'u', column: ['id'], ...parameter },
      },
    ],
    setting: { errorLimit: { record: 0 } },
  });

const read = (parameter: object) => importScript(script(parameter), NOW);
const sourceOf = (): { connector: string; config: object } => ({
  connector: 'mysql',
  config: { host: 'db', database: 'd', user: 'u' },
});

describe('how a script writes', () => {
  it.each([
    ['insert', 'insert'],
    ['insert into', 'insert'],
    ['INSERT IGNORE', 'ignore'],
    ['replace', 'replace'],
    ['Replace Into', 'replace'],
    ['update', 'upsert'],
    ['on duplicate key update', 'upsert'],
  ])('%s is ready as %s', (writeMode, mode) => {
    const { document, isReady } = read({ writeMode });
    expect([document!.write!.mode, isReady]).toEqual([mode, true]);
  });

  const ALL = {
    writeMode: 'replace',
    preSql: ['delete from @table where day = 1', 'analyze table u'],
    postSql: ['update log set done = 1'],
    batchSize: 2048,
    batchByteSize: 33_554_432,
    onConflictColumn: ['id', 'day'],
    emptyAsNull: true,
  };

  it('is in the document with statements, budgets, key and empty texts', () => {
    const { document, isReady, problems } = read(ALL);
    expect([problems.filter(({ severity }) => severity === 'error'), isReady]).toEqual([[], true]);
    expect(document!.write).toEqual({
      createTable: false,
      mode: 'replace',
      preSql: ALL.preSql,
      postSql: ALL.postSql,
      transactionRecords: 2048,
      transactionBytes: 33_554_432,
      key: ['id', 'day'],
    });
    expect(document!.writer.parameters['emptyAsNull']).toBe(true);
  });

  it.each(DIALECTS.filter((dialect) => dialect !== 'sluice'))(
    'comes back from an export to %s as it was, and nothing of it is lost',
    (dialect) => {
      const { document } = read(ALL);
      const { origin: _, ...given } = document!;
      const exported = exportScript(given as never, dialect, { sourceOf: sourceOf as never });
      expect(exported.lost.filter(({ pointer }) => pointer.startsWith('/write'))).toEqual([]);
      const again = importScript(exported.text, NOW).document!;
      expect([again.write, again.writer.parameters['emptyAsNull']]).toEqual([given.write, true]);
    },
  );

  it('is named where a dialect has no word for it', () => {
    const { document } = read({});
    for (const mode of ['update', 'overwrite'])
      expect(
        exportScript({ ...document!, write: { createTable: false, mode } } as never, 'datax', {
          sourceOf: sourceOf as never,
        }).lost.map(({ pointer }) => pointer),
      ).toContain('/write/mode');
  });
});

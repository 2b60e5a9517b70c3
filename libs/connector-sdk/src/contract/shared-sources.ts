import type { ReaderFixture, TestSource } from './reader-fixture.ts';
import { SOURCE_TABLES, type SourceTable, type SourceTitle, WIDE_TABLE } from './source-tables.ts';

/** Makes a source when it is first asked for; nobody changes it, so what it holds is asked for once, too. */
export function once(make: () => Promise<TestSource>): () => Promise<TestSource> {
  let made: Promise<TestSource> | undefined;
  return () =>
    (made ??= make().then((source) => {
      let rows: ReturnType<TestSource['rows']> | undefined;
      return { ...source, rows: () => (rows ??= source.rows()) };
    }));
}

/** The sources of the suite in a store that can make any table, but for those that it has no form for. */
export function sharedSources(
  create: (table: SourceTable) => Promise<TestSource>,
  omitted: readonly SourceTitle[] = [],
): Pick<ReaderFixture, 'sources' | 'wide'> {
  const titles = (Object.keys(SOURCE_TABLES) as SourceTitle[]).filter((title) => !omitted.includes(title));
  return {
    sources: Object.fromEntries(titles.map((title) => [title, once(() => create(SOURCE_TABLES[title]))])),
    wide: once(() => create(WIDE_TABLE)),
  };
}

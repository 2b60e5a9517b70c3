import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { DataSourceConfig, Parameters } from '@sluice/connector-sdk';
import {
  type Cell,
  type KeptDirty,
  type ReaderFixture,
  rowText,
  sharedSources,
  SOURCE_TABLES,
  type SourceTable,
  TARGET_SCHEMA,
  type TargetRow,
  type TestSource,
  type WriterFixture,
} from '@sluice/connector-sdk/contract';
import { assemble } from './assembly.ts';
import { testRoot } from './file.fixture.ts';
import type { FormatMaker } from './file-format.ts';
import { STATE_FOLDER } from './target-place.ts';
import { localTarget } from './local-target.ts';
import { FileConnections } from './target-session.ts';
import { inOrder, type TargetState } from './target-state.ts';

type Columns = SourceTable['columns'];

/** A file format as the suites need it, made and read by other means than the connector's own. */
export interface FilesOfTest {
  readonly ending: string;
  write(columns: Columns, rows: readonly (readonly Cell[])[]): Promise<Buffer>;
  /** What a reader has to be told to read these columns as the integers and texts that they are. */
  parameters(columns: Columns, isEmpty: boolean): Parameters;
  /** The columns `id` and `n`, some records of which are none, and which by index. */
  damaged(): Promise<{
    readonly content: Buffer;
    readonly parameters: Parameters;
    readonly rows: readonly string[];
    readonly damaged: readonly number[];
  }>;
  /** Rows of the columns of the writer suite. */
  rows(file: Buffer): Promise<readonly TargetRow[]>;
}

/** Files of a table: enough of them for every number of channels, and for few rows so few that each has several. */
const FILES = { many: 8, few: 2 };
const FEW_ROWS = 100;
/** Where Linux shows the open files of this process. */
const OPEN_FILES = '/proc/self/fd';
const CUT_ANYWHERE = 'Files are cut by their bytes, whatever the columns.';

/** Where the files of the suite are put. */
export interface StoreOfTest {
  /** Of the connector's reader, beside those of the format. */
  readonly parameters: Parameters;
  readonly without: Readonly<Record<string, string>>;
  readonly refused: ReaderFixture['refused'];
  open(): Promise<void>;
  close(): Promise<void>;
  config(): DataSourceConfig;
  put(path: string, content: Buffer): Promise<void>;
  /** How many connections, or open files, a reader has now. */
  connections?(): Promise<number>;
}

function folderOfTest(): StoreOfTest {
  const root = testRoot();
  return {
    parameters: {},
    without: existsSync(OPEN_FILES)
      ? {}
      : { connections: 'This system does not show the open files of a process.' },
    refused: {
      database: async () => ({
        config: { root: join(root, 'nowhere') },
        parameters: { path: 'a' },
        codes: ['SLUICE_SRC_DATABASE'],
      }),
      'a root that nobody allowed': async () => ({
        config: { root: '/' },
        parameters: { path: 'etc/hostname' },
        codes: ['SLUICE_CFG_PATH'],
      }),
    },
    open: async () => undefined,
    close: async () => rmSync(root, { recursive: true }),
    config: () => ({ root }),
    put: async (path, content) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    connections: async () => readdirSync(OPEN_FILES).filter((number) => isBelow(number, root)).length,
  };
}

export function fileReaderFixture(format: FilesOfTest, store: StoreOfTest = folderOfTest()): ReaderFixture {
  let made = 0;

  const sourceOf = (path: string, table: SourceTable): TestSource => ({
    config: store.config(),
    parameters: {
      ...store.parameters,
      path,
      ...format.parameters(table.columns, table.rows().length === 0),
      ...(table.key.length > 0 ? { key: table.key } : {}),
    },
    columns: table.columns.map(({ name }) => name),
    rows: async () => table.rows().map(rowText),
  });

  const create = async (table: SourceTable): Promise<TestSource> => {
    const folder = `table ${made++}`;
    const rows = table.rows();
    const files = rows.length < FEW_ROWS ? FILES.few : FILES.many;
    const share = Math.ceil(rows.length / files);
    for (let n = 0; n < files; n++) {
      const content = await format.write(table.columns, rows.slice(n * share, (n + 1) * share));
      await store.put(`${folder}/${n}${format.ending}`, content);
    }
    return sourceOf(`${folder}/*${format.ending}`, table);
  };

  const one = SOURCE_TABLES['one row'];
  return {
    without: {
      'source: a split column with nulls': CUT_ANYWHERE,
      unresumable: 'Every place in a file can be gone on from.',
      filter: 'Files have nobody who would filter.',
      rewrite: 'A file that changes while it is read is an error, not another answer.',
      kill: 'A file has no sessions that somebody could end.',
      stalled: 'Reading a file waits for nobody but the disk.',
      ...store.without,
    },
    open: () => store.open(),
    close: () => store.close(),
    ...sharedSources(create, ['a split column with nulls']),
    damaged: async () => {
      const { content, parameters, rows, damaged } = await format.damaged();
      const path = `damaged ${made++}${format.ending}`;
      await store.put(path, content);
      return {
        config: store.config(),
        parameters: { ...store.parameters, path, ...parameters },
        columns: ['id', 'n'],
        rows: async () => rows,
        damaged: Object.fromEntries(damaged.map((index) => [index, 'SLUICE_SRC_VALUE' as const])),
      };
    },
    refused: {
      column: async () => {
        const { config, parameters } = await create(one);
        return { config, parameters: { ...parameters, key: ['nowhere'] }, codes: ['SLUICE_SRC_COLUMN'] };
      },
      file: async () => ({
        config: store.config(),
        parameters: { ...store.parameters, path: `nowhere${format.ending}` },
        codes: ['SLUICE_SRC_FILE'],
      }),
      'a pattern that nothing fits': async () => ({
        config: store.config(),
        parameters: { ...store.parameters, path: 'nowhere/*' },
        codes: ['SLUICE_SRC_FILE'],
      }),
      'a way out': async () => ({
        config: store.config(),
        parameters: { ...store.parameters, path: '../secret' },
        codes: ['SLUICE_CFG_PATH'],
      }),
      ...store.refused,
    },
    ...(store.connections === undefined ? {} : { connections: store.connections }),
    listed: async () => {
      const name = `Odd "na me ${made++}${format.ending}`;
      const table = SOURCE_TABLES['texts that are hard to quote as a key'];
      await store.put(name, await format.write(table.columns, table.rows()));
      return { ...sourceOf(name, table), name, parameter: 'path', sides: ['source'] };
    },
  };
}

/** What targets of files cannot be asked for. */
export const TARGET_LACKS: WriterFixture['without'] = {
  tables: 'A file takes rows of any schema, and there is none to be missing.',
  key: 'Files have no keys.',
  check: 'Files refuse no values.',
  drop: 'A file is made anew, or followed; what is gone meanwhile is not missed.',
  right: 'Tests may run as a user who may do everything.',
  kill: 'A file has no sessions that somebody could end.',
  terminate: 'Nobody waits for a session on files.',
  waits: 'Nothing is locked: who is slower finds that, and has changed nothing.',
  partial: 'Files become visible when their generation is complete.',
};

/**
 * Targets of one file or of a folder. What they hold is what is published and, of the generation under way, what would be: only
 * that is committed.
 */
export function fileWriterFixture(
  format: FilesOfTest,
  maker: FormatMaker,
  target: 'file' | 'folder',
  more: Parameters = {},
): WriterFixture {
  const root = testRoot(true);
  let made = 0;

  const published = (folder: string): Buffer[] =>
    readdirSync(folder)
      .filter((name) => !/^[._]/.test(name))
      .map((name) => readFileSync(join(folder, name)));

  return {
    without: TARGET_LACKS,
    open: async () => undefined,
    close: async () => rmSync(root, { recursive: true }),
    target: async () => {
      const name = `target${made++}`;
      const folder = join(root, name);
      mkdirSync(folder);
      const path = target === 'folder' ? `${name}/` : `${name}/t${format.ending}`;
      const opened = { config: { root }, parameters: { path, existing: 'append', ...more } };
      const tasks = (): string[] =>
        existsSync(join(folder, STATE_FOLDER)) ? readdirSync(join(folder, STATE_FOLDER)) : [];

      const states = (): Promise<readonly (TargetState & { staging: string })[]> =>
        Promise.all(
          tasks().map(async (task) => {
            const { state } = await (await localTarget({ ...opened, format: maker })()).register(task).read();
            return { ...state, staging: join(folder, STATE_FOLDER, task, state.task.generation) };
          }),
        );

      /** Of the newest generation, the file that its committed parts make. */
      const pending = async (): Promise<readonly Buffer[]> => {
        const [newest] = (await states()).toSorted((a, b) =>
          a.task.generation < b.task.generation ? 1 : -1,
        );
        if (newest === undefined || newest.parts.length === 0) return [];
        const path = join(newest.staging, `whole-${randomBytes(6).toString('hex')}`);
        const format = maker(opened.parameters, TARGET_SCHEMA);
        await assemble(path, { staging: newest.staging, parts: inOrder(newest.parts), format });
        return [readFileSync(path)];
      };

      /** Of a generation under way from the staging folder, of one that is over from the file that is kept. */
      const dirtyLines = async (generation: string): Promise<string> => {
        const current = (await states()).find((state) => state.task.generation === generation);
        const staged = (current?.dirty ?? []).map(({ name, bytes }) =>
          readFileSync(join(current!.staging, name)).subarray(0, bytes),
        );
        if (staged.length > 0) return Buffer.concat(staged).toString();
        const kept = tasks().map((task) => join(folder, STATE_FOLDER, task, 'dirty', `${generation}.jsonl`));
        return kept
          .filter((path) => existsSync(path))
          .map((path) => readFileSync(path, 'utf8'))
          .join('');
      };

      return {
        ...opened,
        content: async () => {
          const files = [...published(folder), ...(await pending())];
          return (await Promise.all(files.map(format.rows))).flat().map(rowText).sort();
        },
        contentOf: (rows) => rows.map(rowText).sort(),
        dirty: async (generation) =>
          (await dirtyLines(generation))
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => {
              const { split, seq, index, code } = JSON.parse(line) as KeptDirty;
              return { split, seq, index, code };
            }),
      };
    },
    connections: ({ config, parameters }) =>
      new FileConnections(localTarget({ config, parameters, format: maker })),
    refused: {
      'a root that is not there': async () => ({
        config: { root: join(root, 'nowhere') },
        parameters: { path: 'a' },
        codes: ['SLUICE_TGT_DATABASE'],
      }),
      'a root that nobody allowed': async () => ({
        config: { root: '/' },
        parameters: { path: 'tmp/a' },
        codes: ['SLUICE_CFG_PATH'],
      }),
      'a way out': async () => ({
        config: { root },
        parameters: { path: 'a/../../b' },
        codes: ['SLUICE_CFG_PATH'],
      }),
      'a file that is there': async () => {
        writeFileSync(join(root, 'there'), '');
        return { config: { root }, parameters: { path: 'there' }, codes: ['SLUICE_TGT_EXISTS'] };
      },
    },
  };
}

function isBelow(number: string, root: string): boolean {
  try {
    return readlinkSync(join(OPEN_FILES, number)).startsWith(root);
  } catch {
    // Closed meanwhile.
    return false;
  }
}

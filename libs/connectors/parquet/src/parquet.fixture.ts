import type { SourceTable } from '@sluice/connector-sdk/contract';
import type { FilesOfTest } from '@sluice/file-kit/contract';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { DECOMPRESSORS } from './compressors.ts';

type Rows = ReturnType<SourceTable['rows']>;

const write = async (columns: SourceTable['columns'], rows: Rows): Promise<Buffer> =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: columns.map(({ name, type }, n) => ({
        name,
        type: type === 'integer' ? 'INT64' : 'STRING',
        nullable: true,
        data: rows.map((row) => (typeof row[n] === 'number' ? BigInt(row[n]) : row[n])),
      })),
    }),
  );

/** How the contract suites make and read such files, by other means than the connector's. */
export const parquet: FilesOfTest = {
  ending: '.parquet',
  write,
  parameters: () => ({}),
  damaged: async () => ({
    // A column that is declared to be the key has no nulls.
    content: await write(
      [
        { name: 'id', type: 'integer' },
        { name: 'n', type: 'integer' },
      ],
      [1, null, 3, 4, null, null, 7, 8, null].map((id) => [id, 10]),
    ),
    parameters: { key: ['id'] },
    rows: ['1|10', '3|10', '4|10', '7|10', '8|10'],
    damaged: [1, 4, 5, 8],
  }),
  rows: async (file) => {
    const bytes = Uint8Array.from(file).buffer;
    const found = await parquetReadObjects({ file: bytes, compressors: DECOMPRESSORS });
    return found.map(({ id, name, n }) => [Number(id), name as string, Number(n)]);
  },
};

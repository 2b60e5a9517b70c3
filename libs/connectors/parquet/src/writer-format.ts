import { deserialize } from 'node:v8';
import type { Parameters } from '@sluice/connector-sdk';
import type { FileFormat, NotedPiece } from '@sluice/file-kit';
import { type RowSchema, SluiceError } from '@sluice/model';
import type { CompressionCodec, RowGroup } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { ParquetRows, rootOf } from './parquet-rows.ts';
import { writtenColumn } from './written-column.ts';

const MAGIC = Buffer.from('PAR1');
const CODEC: Readonly<Record<string, CompressionCodec>> = {
  snappy: 'SNAPPY',
  gzip: 'GZIP',
  zstd: 'ZSTD',
  none: 'UNCOMPRESSED',
};

/** Parquet as the writer's parameters say. */
export function parquetFormat(parameters: Parameters, schema: RowSchema): FileFormat {
  const isFolder = String(parameters['path'] ?? '').endsWith('/');
  if (parameters['existing'] === 'append' && !isFolder)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail:
        'Nothing can be appended to a Parquet file; a folder (a path that ends with /) takes more files.',
      place: '/existing',
    });
  const codec = CODEC[String(parameters['compression'] ?? 'snappy')]!;
  return {
    ending: '.parquet',
    compression: 'none',
    head: () => MAGIC,
    encoder: () => new ParquetRows(schema, codec),
    tail: (pieces) => footer(schema, pieces),
  };
}

/** The metadata of all row groups, at the places where they are. */
function footer(schema: RowSchema, pieces: readonly NotedPiece[]): Buffer {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: rootOf(schema.columns.map((column) => writtenColumn(column).element)),
    createdBy: 'sluice',
  });
  parquet.row_groups = pieces.flatMap((piece) => groupsOf(piece));
  parquet.num_rows = parquet.row_groups.reduce((sum, group) => sum + group.num_rows, 0n);
  void parquet.finish();
  return Buffer.from(writer.getBytes().subarray(MAGIC.length));
}

function groupsOf({ notes, shift }: NotedPiece): RowGroup[] {
  const groups: RowGroup[] = [];
  for (let at = 0; at < notes.length;) {
    const length = notes.readUInt32LE(at);
    groups.push(...(deserialize(notes.subarray(at + 4, at + 4 + length)) as RowGroup[]));
    at += 4 + length;
  }
  return groups.map((group) => moved(group, BigInt(shift)));
}

function moved(group: RowGroup, by: bigint): RowGroup {
  if (by === 0n) return group;
  return {
    ...group,
    columns: group.columns.map((chunk) => {
      const { meta_data: meta, file_offset } = chunk;
      const dictionary = meta!.dictionary_page_offset;
      return {
        ...chunk,
        file_offset: file_offset + by,
        meta_data: {
          ...meta!,
          data_page_offset: meta!.data_page_offset + by,
          ...(dictionary === undefined ? {} : { dictionary_page_offset: dictionary + by }),
        },
      };
    }),
  };
}

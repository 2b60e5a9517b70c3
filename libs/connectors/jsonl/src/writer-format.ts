import type { Parameters } from '@sluice/connector-sdk';
import { COMPRESSED_ENDING, type FileFormat, TextRows, writtenCompression } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import { JsonRowWriter } from './row-writer.ts';

/** JSON lines as the writer's parameters say. */
export function jsonlFormat(parameters: Parameters, schema: RowSchema): FileFormat {
  const compression = writtenCompression(parameters);
  return {
    ending: `.jsonl${COMPRESSED_ENDING[compression]}`,
    compression,
    head: () => Buffer.alloc(0),
    encoder: () => {
      const writer = new JsonRowWriter(parameters, schema);
      return new TextRows(schema, (out, cursor) => writer.write(out, cursor));
    },
    tail: () => Buffer.alloc(0),
  };
}

import type { Parameters } from '@sluice/connector-sdk';
import { COMPRESSED_ENDING, type FileFormat, TextRows, writtenCompression } from '@sluice/file-kit';
import type { RowSchema } from '@sluice/model';
import { CsvRowWriter } from './row-writer.ts';

/** CSV as the writer's parameters say. */
export function csvFormat(parameters: Parameters, schema: RowSchema): FileFormat {
  const compression = writtenCompression(parameters);
  const mark = parameters['byteOrderMark'] === true ? Buffer.from('\ufeff') : Buffer.alloc(0);
  const names =
    parameters['header'] === false ? Buffer.alloc(0) : new CsvRowWriter(parameters, schema).header();
  return {
    ending: `.csv${COMPRESSED_ENDING[compression]}`,
    compression,
    head: () => Buffer.concat([mark, names]),
    encoder: () => {
      const writer = new CsvRowWriter(parameters, schema);
      return new TextRows(schema, (out, cursor) => writer.write(out, cursor));
    },
    tail: () => Buffer.alloc(0),
  };
}

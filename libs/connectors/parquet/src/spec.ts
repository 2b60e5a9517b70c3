import {
  EXISTING,
  FILE_CAPABILITIES,
  FILE_DATA_SOURCE,
  KEY,
  MAX_FILE_BYTES,
  READ_PATH,
  WRITE_PATH,
} from '@sluice/file-kit';
import type { ConnectorSpec } from '@sluice/model';

export const CODECS = ['snappy', 'gzip', 'zstd', 'none'] as const;

export const spec: ConnectorSpec = {
  name: 'parquet',
  title: 'Parquet files',
  schemes: ['parquet'],
  dataSource: FILE_DATA_SOURCE,
  reader: {
    type: 'object',
    properties: {
      path: READ_PATH,
      columns: { type: 'array', title: 'Columns', items: { type: 'string' } },
      key: KEY,
    },
    required: ['path'],
    additionalProperties: false,
  },
  writer: {
    type: 'object',
    properties: {
      path: WRITE_PATH,
      existing: EXISTING,
      maxFileBytes: MAX_FILE_BYTES,
      compression: { type: 'string', title: 'Compression of pages', enum: CODECS, default: 'snappy' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  capabilities: FILE_CAPABILITIES,
};

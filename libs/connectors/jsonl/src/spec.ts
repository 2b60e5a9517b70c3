import {
  BINARY,
  COLUMN_TYPES,
  EXISTING,
  FILE_CAPABILITIES,
  FILE_DATA_SOURCE,
  KEY,
  MAX_FILE_BYTES,
  READ_PATH,
  TEXT_COMPRESSION,
  TEXT_ENCODING,
  WRITE_PATH,
} from '@sluice/file-kit';
import type { ConnectorSpec } from '@sluice/model';

export const spec: ConnectorSpec = {
  name: 'jsonl',
  title: 'Files of JSON lines',
  schemes: ['jsonl'],
  dataSource: FILE_DATA_SOURCE,
  reader: {
    type: 'object',
    properties: {
      path: READ_PATH,
      columns: {
        type: 'array',
        title: 'Columns',
        description:
          'Keys that are read; others are passed over. Without: the keys of the first records, and a record with another one is dirty.',
        items: { type: 'string' },
      },
      types: COLUMN_TYPES,
      key: KEY,
      encoding: TEXT_ENCODING,
      binary: BINARY,
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
      compression: TEXT_COMPRESSION,
      binary: BINARY,
      json: {
        type: 'string',
        title: 'Columns of JSON',
        description:
          'text: as a string, exactly as it is stored; nested: objects and lists as they are, so that other programs read them as such.',
        enum: ['text', 'nested'],
        default: 'text',
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  capabilities: FILE_CAPABILITIES,
};

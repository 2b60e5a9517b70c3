import { relationalReader } from '@sluice/connector-sdk';
import type { ConnectorSpec } from '@sluice/model';

export const spec: ConnectorSpec = {
  name: 'sqlite',
  title: 'SQLite',
  schemes: ['sqlite'],
  dataSource: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        title: 'File',
        description: 'Path of the database file.',
        minLength: 1,
        identity: true,
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  reader: relationalReader(
    'Name of a table or view.',
    'Statements such as pragma cache_size = -65536; the README says of what.',
  ),
  writer: {
    type: 'object',
    properties: {
      table: { type: 'string', title: 'Table', minLength: 1 },
      emptyAsNull: {
        type: 'boolean',
        title: 'Empty text as null',
        description: 'An empty text becomes a null where the target column is no text.',
        default: false,
      },
    },
    required: ['table'],
    additionalProperties: false,
  },
  capabilities: {
    modes: ['full'],
    splittable: true,
    resumable: true,
    writeModes: ['insert', 'upsert', 'ignore', 'update', 'replace', 'overwrite'],
    guarantee: 'exactly-once',
    projects: true,
  },
};

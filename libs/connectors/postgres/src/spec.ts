import { relationalReader } from '@sluice/connector-sdk';
import type { ConnectorSpec } from '@sluice/model';

export const spec: ConnectorSpec = {
  name: 'postgres',
  title: 'PostgreSQL',
  schemes: ['postgres', 'postgresql'],
  dataSource: {
    type: 'object',
    properties: {
      host: { type: 'string', title: 'Host', minLength: 1, identity: true },
      port: { type: 'integer', title: 'Port', default: 5432, minimum: 1, maximum: 65535, identity: true },
      database: { type: 'string', title: 'Database', minLength: 1 },
      user: { type: 'string', title: 'User', identity: true },
      password: { type: 'string', title: 'Password', secret: true },
      ssl: {
        type: 'string',
        title: 'TLS',
        description:
          'verify-full: encrypted, certificate and host name verified. Without it verify-full, on loopback disable.',
        enum: ['disable', 'verify-full'],
        identity: true,
      },
      caCertificate: {
        type: 'string',
        title: 'CA certificate',
        description:
          'Authority that signed the certificate of the server, as PEM; those of the system without it.',
        minLength: 1,
        identity: true,
      },
    },
    required: ['host', 'database'],
    additionalProperties: false,
  },
  reader: relationalReader(
    'schema.table; parts in double quotes where needed.',
    'Statements such as set work_mem = 65536; the README says of what.',
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

import { relationalReader } from '@sluice/connector-sdk';
import type { ConnectorSpec } from '@sluice/model';

export const spec: ConnectorSpec = {
  name: 'mysql',
  title: 'MySQL / MariaDB',
  schemes: ['mysql', 'mariadb'],
  dataSource: {
    type: 'object',
    properties: {
      host: { type: 'string', title: 'Host', minLength: 1, identity: true, group: 'Server' },
      port: {
        type: 'integer',
        title: 'Port',
        default: 3306,
        minimum: 1,
        maximum: 65535,
        identity: true,
        group: 'Server',
      },
      database: {
        type: 'string',
        title: 'Database',
        description: 'A target keeps its progress tables here.',
        minLength: 1,
        group: 'Server',
      },
      user: { type: 'string', title: 'User', minLength: 1, identity: true, group: 'Sign-in' },
      password: { type: 'string', title: 'Password', secret: true, group: 'Sign-in' },
      ssl: {
        type: 'string',
        title: 'TLS',
        description:
          'verify-full: encrypted, certificate and host name verified. Without it verify-full, on loopback disable.',
        enum: ['disable', 'verify-full'],
        identity: true,
        group: 'Server',
      },
      caCertificate: {
        type: 'string',
        title: 'CA certificate',
        description:
          'Authority that signed the certificate of the server, as PEM; those of the system without it.',
        minLength: 1,
        identity: true,
        group: 'Server',
      },
    },
    required: ['host', 'database', 'user'],
    additionalProperties: false,
  },
  reader: relationalReader(
    'Name, or database.name; backticks around parts with special characters.',
    'Statements such as set join_buffer_size = 1048576; the README says of what.',
  ),
  writer: {
    type: 'object',
    properties: {
      table: {
        type: 'string',
        title: 'Table',
        description: 'Name, or database.name; backticks around parts with special characters.',
        minLength: 1,
      },
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

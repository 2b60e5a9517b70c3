import { spec as csv } from '@sluice/connector-csv/format';
import { spec as jsonl } from '@sluice/connector-jsonl/format';
import { spec as parquet } from '@sluice/connector-parquet/format';
import type { ConnectorSpec, ParameterProperty } from '@sluice/model';

/** Kinds of files, by the connectors that read them from a folder. */
export const FORMATS = ['csv', 'jsonl', 'parquet'] as const;

/** CSV last: what it says of columns holds for all. */
const { path: _, ...others } = {
  ...parquet.reader!.properties,
  ...jsonl.reader!.properties,
  ...csv.reader!.properties,
};

const { path: _path, ...written } = { ...jsonl.writer!.properties, ...csv.writer!.properties };

/** Of Parquet around pages, of text around the object. */
const COMPRESSION: ParameterProperty = {
  type: 'string',
  title: 'Compression',
  description: 'snappy: Parquet only, and its default; text is not compressed where it is not given.',
  enum: ['none', 'gzip', 'zstd', 'snappy'],
};

export const spec: ConnectorSpec = {
  name: 's3',
  title: 'Files in S3-compatible stores',
  schemes: [],
  dataSource: {
    type: 'object',
    properties: {
      endpoint: {
        type: 'string',
        title: 'Endpoint',
        description: 'URL of scheme and host. Without: the one of AWS for the region.',
        minLength: 1,
        identity: true,
      },
      region: { type: 'string', title: 'Region', default: 'us-east-1', identity: true },
      bucket: { type: 'string', title: 'Bucket', minLength: 1, identity: true },
      prefix: {
        type: 'string',
        title: 'Prefix',
        description: 'What all keys begin with; paths are read from it, as from a folder.',
      },
      accessKeyId: { type: 'string', title: 'Access key ID', minLength: 1, identity: true },
      secretAccessKey: { type: 'string', title: 'Secret access key', minLength: 1, secret: true },
      pathStyle: {
        type: 'boolean',
        title: 'Bucket in the path',
        description: 'Otherwise it is the first part of the host name.',
        default: true,
      },
    },
    required: ['bucket', 'accessKeyId', 'secretAccessKey'],
    additionalProperties: false,
  },
  reader: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        title: 'Path',
        description:
          'From the prefix. With *, ?, [a-z], {a,b} and ** it means every object that fits; with / at its end every object of that folder.',
        minLength: 1,
      },
      format: { type: 'string', title: 'Format', enum: FORMATS, default: 'csv' },
      ...others,
    },
    required: ['path'],
    additionalProperties: false,
  },
  writer: {
    type: 'object',
    properties: {
      path: {
        type: 'string',
        title: 'Path',
        description:
          'From the prefix: a folder, with / at its end, that gets as many objects as there are splits and sizes.',
        minLength: 1,
      },
      format: { type: 'string', title: 'Format', enum: FORMATS, default: 'csv' },
      ...written,
      compression: COMPRESSION,
    },
    required: ['path'],
    additionalProperties: false,
  },
  capabilities: {
    modes: ['full'],
    splittable: true,
    resumable: true,
    writeModes: ['insert'],
    guarantee: 'exactly-once',
    projects: true,
  },
};

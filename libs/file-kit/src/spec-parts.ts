import type { ConnectorSpec, ParameterProperty, ParameterSchema } from '@sluice/model';
import { ENCODINGS } from './text-encoding.ts';

/** What every connector for files has in its spec. */
export const FILE_DATA_SOURCE: ParameterSchema = {
  type: 'object',
  properties: {
    root: {
      type: 'string',
      title: 'Root folder',
      description:
        'Absolute path of the folder that paths are read from. It lies in or below a folder of SLUICE_FILE_ROOTS of the processes that read and write.',
      minLength: 1,
      identity: true,
    },
    refuseHardLinks: {
      type: 'boolean',
      title: 'Refuse files with several names',
      description: 'A hard link may lead to a file that lies outside of the root.',
      default: false,
    },
  },
  required: ['root'],
  additionalProperties: false,
};

export const FILE_CAPABILITIES: ConnectorSpec['capabilities'] = {
  modes: ['full'],
  splittable: true,
  resumable: true,
  writeModes: ['insert'],
  guarantee: 'exactly-once',
  projects: true,
};

export const READ_PATH: ParameterProperty = {
  type: 'string',
  title: 'Path',
  description:
    'From the root. With *, ?, [a-z], {a,b} and ** it means every file that fits; with / at its end every file of that folder.',
  minLength: 1,
};

export const WRITE_PATH: ParameterProperty = {
  type: 'string',
  title: 'Path',
  description:
    'From the root: one file, or with / at its end a folder that gets as many files as there are splits and sizes.',
  minLength: 1,
};

export const EXISTING: ParameterProperty = {
  type: 'string',
  title: 'Files that are there',
  description:
    'fail: the run does not start; append: they stay; truncate: they go when the new ones are there. A task that empties its target first truncates.',
  enum: ['fail', 'append', 'truncate'],
  default: 'fail',
};

export const MAX_FILE_BYTES: ParameterProperty = {
  type: 'integer',
  title: 'Bytes of one file',
  description: 'In a folder: a file that has reached this size is closed and another one begun.',
  minimum: 1024,
};

export const TEXT_COMPRESSION: ParameterProperty = {
  type: 'string',
  title: 'Compression',
  description: 'By the end of the name (.gz, .zst) where it is not given.',
  enum: ['none', 'gzip', 'zstd'],
};

export const TEXT_ENCODING: ParameterProperty = {
  type: 'string',
  title: 'Encoding',
  enum: ENCODINGS,
  default: 'utf-8',
};

export const BINARY: ParameterProperty = {
  type: 'string',
  title: 'Bytes as text',
  description: 'hex: \\x and digits, as PostgreSQL has it.',
  enum: ['hex', 'base64'],
  default: 'hex',
};

export const KEY: ParameterProperty = {
  type: 'array',
  title: 'Key',
  description:
    'Columns that together tell the records apart: the key of a table that is created, and of upserts.',
  items: { type: 'string' },
};

export const COLUMN_TYPES: ParameterProperty = {
  type: 'object',
  title: 'Types',
  description:
    'Column name and its type: boolean, int, long, float, double, decimal(p,s), string, bytes, date, time, timestamp, timestamptz, json, uuid, numeric.',
};

import type { ConnectorSpec, ParameterProperty } from '@sluice/model';

/** What is generated; a task may say otherwise than its data source. */
const GENERATED: Readonly<Record<string, ParameterProperty>> = {
  rows: { type: 'integer', title: 'Rows', default: 1000, minimum: 0, maximum: 1e12, group: 'Rows' },
  seed: {
    type: 'integer',
    title: 'Seed',
    description: 'The same seed gives the same rows.',
    default: 1,
    minimum: 0,
    maximum: 4294967295,
    group: 'Rows',
  },
  kinds: {
    type: 'string',
    title: 'Columns',
    description: 'Kinds of the columns behind the id, separated by commas.',
    default: 'int,decimal,boolean,double,date,timestamp,string',
    group: 'Rows',
  },
  padding: {
    type: 'integer',
    title: 'Padding',
    description: 'Bytes of one more text column.',
    default: 0,
    minimum: 0,
    maximum: 1048576,
    group: 'Rows',
  },
  badEvery: {
    type: 'integer',
    title: 'Bad rows',
    description: 'Every n-th row is one that cannot be decoded; 0: none.',
    default: 0,
    minimum: 0,
    group: 'Rows',
  },
  splits: {
    type: 'integer',
    title: 'Splits',
    description: 'Number of splits; one a channel when left out, one for few rows.',
    minimum: 1,
    maximum: 10000,
    group: 'Reading',
  },
  resumable: {
    type: 'boolean',
    title: 'Resumable',
    description: 'Whether reading can go on inside a split.',
    default: true,
    group: 'Reading',
  },
  rowsPerSecond: {
    type: 'integer',
    title: 'Rate',
    description: 'Rows a second in each split; as fast as can be when left out.',
    minimum: 1,
    group: 'Reading',
  },
};

const TABLE: ParameterProperty = {
  type: 'string',
  title: 'Table',
  description: 'Any name.',
  minLength: 1,
};

export const spec: ConnectorSpec = {
  name: 'stream',
  title: 'Generator and counting sink',
  schemes: ['stream'],
  dataSource: {
    type: 'object',
    properties: {
      ...GENERATED,
      file: {
        type: 'string',
        title: 'File',
        description:
          'Where a sink keeps its counts and progress; in the memory of the process when left out.',
        minLength: 1,
        identity: true,
        group: 'Sink',
      },
    },
    additionalProperties: false,
  },
  reader: {
    type: 'object',
    properties: {
      table: TABLE,
      columns: {
        type: 'array',
        title: 'Columns to read',
        description: 'Names, in order; all when left out.',
        items: { type: 'string' },
      },
      ...GENERATED,
    },
    required: ['table'],
    additionalProperties: false,
  },
  writer: {
    type: 'object',
    properties: { table: TABLE },
    required: ['table'],
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

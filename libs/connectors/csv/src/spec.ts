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
import type { ConnectorSpec, ParameterProperty } from '@sluice/model';

const DIALECT: Readonly<Record<string, ParameterProperty>> = {
  delimiter: {
    type: 'string',
    title: 'Delimiter',
    description: 'Between fields: one character or more; \\t is a tab.',
    default: ',',
  },
  quote: {
    type: 'string',
    title: 'Quote',
    description: 'Around fields: one ASCII character; empty: fields are never quoted.',
    default: '"',
  },
  escape: {
    type: 'string',
    title: 'Escape',
    description:
      'Before a quote within quotes, or without quotes before anything; the quote itself where it is not given.',
  },
  nullText: {
    type: 'string',
    title: 'Text for null',
    description: 'What an unquoted field has that is null; a quoted one never is.',
    default: '',
  },
  header: {
    type: 'boolean',
    title: 'Header',
    description: 'The first record of a file has the names of the columns.',
    default: true,
  },
  binary: BINARY,
};

export const spec: ConnectorSpec = {
  name: 'csv',
  title: 'CSV files',
  schemes: ['csv'],
  dataSource: FILE_DATA_SOURCE,
  reader: {
    type: 'object',
    properties: {
      path: READ_PATH,
      ...DIALECT,
      columns: {
        type: 'array',
        title: 'Columns',
        description:
          'Names, or objects with name, index (from 0) and type. By index: a header is passed over. Without: all fields.',
        items: { type: 'string' },
      },
      types: COLUMN_TYPES,
      key: KEY,
      encoding: TEXT_ENCODING,
      ragged: {
        type: 'string',
        title: 'Records with too few or too many fields',
        description:
          'dirty: they are dirty records; fit: what is missing is null, what is too much is dropped.',
        enum: ['dirty', 'fit'],
        default: 'dirty',
      },
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
      ...DIALECT,
      lineEnd: { type: 'string', title: 'Line end', enum: ['lf', 'crlf'], default: 'lf' },
      dateFormat: {
        type: 'string',
        title: 'Form of dates',
        description:
          "Of dates and timestamps, e.g. yyyy-MM-dd'T'HH:mm:ss.SSS; instants in UTC. Without: 2024-02-29 12:00:00.5.",
      },
      booleans: {
        type: 'string',
        title: 'Booleans',
        enum: ['t/f', 'true/false', '1/0'],
        default: 't/f',
      },
      quoteAll: { type: 'boolean', title: 'Quote all fields but nulls', default: false },
      byteOrderMark: {
        type: 'boolean',
        title: 'Byte order mark',
        description: 'Some spreadsheets take a file for UTF-8 only with one.',
        default: false,
      },
      formulaGuard: {
        type: 'boolean',
        title: 'Guard against formulas',
        description: "Puts a ' before texts that a spreadsheet would compute. The text is changed by it.",
        default: false,
      },
    },
    required: ['path'],
    additionalProperties: false,
  },
  capabilities: FILE_CAPABILITIES,
};

import type { ParameterSchema } from '@sluice/model';

/** The parameters that readers of relational stores share; `table` says how the store writes the name of one. */
export function relationalReader(table: string, session: string): ParameterSchema {
  return {
    type: 'object',
    properties: {
      table: { type: 'string', title: 'Table', description: table, minLength: 1 },
      tables: {
        type: 'array',
        title: 'Tables',
        description: 'Tables of equal columns that are read as one; t_[00-15] is sixteen of them.',
        items: { type: 'string' },
      },
      querySql: {
        type: 'string',
        title: 'Query',
        description: 'One SELECT in place of a table, without comments.',
        minLength: 1,
      },
      queries: {
        type: 'array',
        title: 'Queries',
        description: 'Queries of equal columns that are read as one.',
        items: { type: 'string' },
      },
      columns: {
        type: 'array',
        title: 'Columns',
        description: 'Columns to read, in order; all when left out.',
        items: { type: 'string' },
      },
      expressions: {
        type: 'array',
        title: 'Expressions',
        description: 'Columns that the source computes: { name, sql } each.',
        items: { type: 'object' },
      },
      where: { type: 'string', title: 'Filter', description: 'One SQL condition, without comments.' },
      splitKey: {
        type: 'string',
        title: 'Split key',
        description: 'Column whose ranges are read side by side; the key of the table when left out.',
      },
      key: {
        type: 'array',
        title: 'Key',
        description: 'Columns of a query or view that tell its rows apart, so that reading can resume.',
        items: { type: 'string' },
      },
      fetchSize: { type: 'integer', title: 'Rows a batch at most', minimum: 1, maximum: 1_000_000 },
      session: { type: 'array', title: 'Session settings', description: session, items: { type: 'string' } },
    },
    oneOf: [
      { required: ['table'] },
      { required: ['tables'] },
      { required: ['querySql'] },
      { required: ['queries'] },
    ],
    additionalProperties: false,
  };
}

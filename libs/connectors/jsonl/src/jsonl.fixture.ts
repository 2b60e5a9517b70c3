import type { FilesOfTest } from '@sluice/file-kit/contract';

/** How the contract suites make and read such files, by other means than the connector's. */
export const jsonl: FilesOfTest = {
  ending: '.jsonl',
  write: async (columns, rows) => {
    const line = (row: (typeof rows)[number]): string =>
      row
        .map((cell, n) => `"${columns[n]!.name}":${typeof cell === 'bigint' ? cell : JSON.stringify(cell)}`)
        .join(',');
    return Buffer.from(rows.map((row) => `{${line(row)}}\n`).join(''));
  },
  parameters: (columns, isEmpty) => ({
    types: Object.fromEntries(
      columns.map(({ name, type }) => [name, type === 'integer' ? 'long' : 'string']),
    ),
    ...(isEmpty ? { columns: columns.map(({ name }) => name) } : {}),
  }),
  damaged: async () => ({
    content: Buffer.from(
      [
        '1,"n":10}',
        '2,"n":"x"}',
        '3,"n":30}',
        '4,"n":40}',
        '5,"n":',
        '6,"n":1.5}',
        '7,"n":70}',
        '8,"n":null}',
      ]
        .map((rest) => `{"id":${rest}\n`)
        .join('')
        .concat('[9, 90]\n'),
    ),
    parameters: { types: { id: 'long', n: 'long' } },
    rows: ['1|10', '3|30', '4|40', '7|70', '8|~'],
    damaged: [1, 4, 5, 8],
  }),
  rows: async (file) =>
    file
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const { id, name, n } = JSON.parse(line) as { id: number; name: string; n: number };
        return [id, name, n];
      }),
};

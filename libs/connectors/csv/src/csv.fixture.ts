import type { FilesOfTest } from '@sluice/file-kit/contract';
import { parse } from 'csv-parse/sync';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** How the contract suites make and read such files, by other means than the connector's. */
export const csv: FilesOfTest = {
  ending: '.csv',
  write: async (columns, rows) => {
    const lines = rows.map((row) =>
      row.map((cell) => (cell === null ? '' : typeof cell === 'string' ? quoted(cell) : String(cell))),
    );
    const all = [columns.map(({ name }) => name), ...lines];
    return Buffer.from(all.map((line) => `${line.join(',')}\n`).join(''));
  },
  parameters: (columns) => ({
    types: Object.fromEntries(
      columns.flatMap(({ name, type }) => (type === 'integer' ? [[name, 'long']] : [])),
    ),
  }),
  damaged: async () => ({
    content: Buffer.from('id,n\n1,10\n2,x\n3,30\n4,40\n5\n6,1.5\n7,70\n8,\n9,"y\n'),
    parameters: { types: { id: 'long', n: 'long' } },
    rows: ['1|10', '3|30', '4|40', '7|70', '8|~'],
    damaged: [1, 4, 5, 8],
  }),
  rows: async (file) =>
    (parse(file, { from_line: 2 }) as string[][]).map(([id, name, n]) => [Number(id), name!, Number(n)]),
};

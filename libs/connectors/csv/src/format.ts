/** The format without the places of its files, for stores of other kinds. */
export { CsvReaderFormat } from './reader-format.ts';
export { spec } from './spec.ts';
export { csvFormat } from './writer-format.ts';

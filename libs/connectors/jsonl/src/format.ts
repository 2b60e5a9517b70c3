/** The format without the places of its files, for stores of other kinds. */
export { JsonlReaderFormat } from './reader-format.ts';
export { spec } from './spec.ts';
export { jsonlFormat } from './writer-format.ts';

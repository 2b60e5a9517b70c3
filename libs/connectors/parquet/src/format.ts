/** The format without the places of its files, for stores of other kinds. */
export { ParquetReader } from './reader.ts';
export { spec } from './spec.ts';
export { parquetFormat } from './writer-format.ts';

export * from './connector.ts';
export * from './reader.ts';
export * from './writer.ts';
export * from './target.ts';
export { RowBatchBuilder } from './row-batch-builder.ts';
export { RowCursor, recordOffsets } from './row-cursor.ts';
export { TransactionalWriter } from './transactional-writer.ts';
export { crashPoint, type CrashPoint } from './crash-point.ts';

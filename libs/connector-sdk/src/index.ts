export * from './connector.ts';
export * from './reader.ts';
export * from './writer.ts';
export * from './target.ts';
export { ConnectionCheck, type Found, isTlsCode, nextBytes, noTls } from './connection-check.ts';
export { RowBatchBuilder } from './row-batch-builder.ts';
export { appendJsonRow } from './json-row.ts';
export type { KeptDirty, ReplayedRecord, ReplayRows, ReplayWork } from './dirty-replay.ts';
export { RowCursor, recordOffsets } from './row-cursor.ts';
export { TransactionalWriter } from './transactional-writer.ts';
export { crashPoint, type CrashPoint, type FileCrashPoint } from './crash-point.ts';
export * from './value-text.ts';
export { type SqlDialect, SqlProgress, type SqlValue } from './sql-progress.ts';
export {
  checkExpression,
  checkFilter,
  checkQuery,
  type FilterSyntax,
  READER_PARAMETERS,
} from './sql-filter.ts';
export { sessionSettings, type SessionSyntax } from './session-settings.ts';
export * from './reader-parts.ts';
export { relationalReader } from './relational-parameters.ts';
export { agreedSchema, type NamedSchema, type Shard, ShardedReader } from './sharded-reader.ts';
export {
  checkParts,
  describeParts,
  describeSource,
  openParts,
  openSource,
  type SourceAccess,
} from './reader-opening.ts';
export { checkBeginning, type OwnStatement, ownStatement } from './own-statement.ts';
export { emptyAsNull, emptyColumns } from './empty-as-null.ts';
export { constantColumn } from './constant-column.ts';
export { demandHost, guardedLookup, GuardedSocket } from './guarded-socket.ts';
export { NetworkPolicy, networkPolicy, type NetworkRules } from './network-policy.ts';
export { PLAIN_PASSWORDS, type ServerTls, serverTls } from './server-tls.ts';
export { Turns, whileBusy } from './turns.ts';

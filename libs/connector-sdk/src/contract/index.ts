export type { Fixture, TestFunctions } from './check.ts';
export { grantsContract, type GrantsFixture, type Purpose } from './grants.ts';
export { readerContract } from './reader-contract.ts';
export type { Opened, ReaderFixture, Refused, TestSource } from './reader-fixture.ts';
export { type Cell, rowText } from './rows.ts';
export { once, sharedSources } from './shared-sources.ts';
export { REWRITE, SOURCE_TABLES, type SourceTable, type SourceTitle } from './source-tables.ts';
export { writerContract } from './writer-contract.ts';
export {
  encodeRows,
  type KeptDirty,
  type TargetRow,
  type TestTarget,
  TARGET_SCHEMA,
  UNLUCKY,
  type WriterFixture,
} from './writer-fixture.ts';

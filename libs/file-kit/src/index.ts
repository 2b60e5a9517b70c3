export { BatchAssembly, type Place, placeOf, type Refusal } from './batch-assembly.ts';
export { checkRoot, listTables } from './catalog.ts';
export { chooseColumns, declaredKey, type Output, withKey } from './column-choice.ts';
export { declaredColumn } from './column-type.ts';
export { compressBlock, type Compression, COMPRESSED_ENDING } from './compression.ts';
export { datePattern } from './date-pattern.ts';
export { classify, printable } from './errors.ts';
export { type BinaryText, type FieldParser, fieldParser } from './field-parsers.ts';
export type { Encoded, FileFormat, FormatMaker, NotedPiece, RowsEncoder } from './file-format.ts';
export { describeIfThere } from './file-set.ts';
export type { FileSource, OpenSource, SourceFile } from './file-source.ts';
export { FileWriter } from './file-writer.ts';
export { fixedPart, isGlob, pathFits } from './glob.ts';
export { localTarget } from './local-target.ts';
export { localFiles } from './local-files.ts';
export { checkPin, type PinnedFile } from './pinned-file.ts';
export { RecordWalk, type RecordScanner } from './record-walk.ts';
export { FileRoot, permitFileRoot, safePath } from './roots.ts';
export * from './spec-parts.ts';
export { exists, howExisting } from './publish-decision.ts';
export { type RegisterStore, StateRegister } from './state-register.ts';
export { isTargetFile, manifestName, partName, writtenCompression } from './target-place.ts';
export { FileConnections } from './target-session.ts';
export {
  type DirtyPart,
  inOrder,
  type KnownFile,
  NEW_TARGET,
  type Part,
  type Publication,
  type TargetState,
} from './target-state.ts';
export type { OpenTarget, StagedDirty, StagedRows, TargetStore } from './target-store.ts';
export { TextBuffer } from './text-buffer.ts';
export { ENCODINGS, type TextEncodingName } from './text-encoding.ts';
export { TextFile } from './text-file.ts';
export { type RecordReader, type TextFormat, TextReader } from './text-reader.ts';
export { TextRows } from './text-rows.ts';
export { missing, unfit } from './unfit.ts';
export { valueWriter, type ValueWriter } from './value-writer.ts';

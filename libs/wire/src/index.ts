export {
  type AvroField,
  type AvroRecord,
  type AvroType,
  batchAvroSchema,
  parseRowSchema,
} from './avro-schema.ts';
export { schemaFingerprint } from './fingerprint.ts';
export { type BatchHeaders, type BatchIds, readMeta } from './batch-headers.ts';
export { encodeBatch } from './batch-encoder.ts';
export { DEFAULT_DECODE_LIMITS, type DecodeLimits, decodeBatch, schemaIdOf } from './batch-decoder.ts';
export { decodeRows, type RowValue, rowsToJson } from './row-values.ts';
export {
  dateText,
  decimalText,
  floatText,
  numberText,
  timeText,
  timestampText,
  timestamptzText,
} from './value-text.ts';

import { SluiceError } from '@sluice/model';

/** Error types of the broker that no repetition mends. */
const REFUSED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'POLICY_VIOLATION',
]);

/** By the broker's error type; what kafkajs calls retriable without knowing it is not believed to be more than a lost connection. */
export function classify(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  const { type, name, message } = innermost(error);
  const detail = message ?? String(error);
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE')
    return new SluiceError('SLUICE_BUS_TOO_LARGE', { detail, cause: error });
  if ((type !== undefined && REFUSED.has(type)) || name === 'KafkaJSSASLAuthenticationError')
    return new SluiceError('SLUICE_BUS_REFUSED', { detail, cause: error });
  return new SluiceError('SLUICE_BUS_UNREACHABLE', { detail, cause: error });
}

interface KafkaError {
  readonly type?: string;
  readonly name?: string;
  readonly message?: string;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

export function innermost(error: unknown): KafkaError {
  let found = error as KafkaError;
  for (let depth = 0; depth < 5; depth++) {
    const next = (found.originalError ?? found.cause) as KafkaError | undefined;
    if (next === undefined || next === null || found.type !== undefined) break;
    found = next;
  }
  return found;
}

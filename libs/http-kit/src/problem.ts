import { asSluiceError, ERRORS, type FieldFault, SluiceError } from '@sluice/model';

/** RFC 9457 problem details with our extensions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;
  /** Path of the call. */
  readonly instance?: string;
  /** W3C trace id of the call: the caller's, or one that was made for it. */
  readonly traceId?: string;
  /** JSON pointer, table, column, id, ...: where to look. */
  readonly place?: string;
  readonly errors?: readonly FieldFault[];
}

interface ValidationFault {
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: { readonly additionalProperty?: string; readonly missingProperty?: string };
}

/** Anything thrown as a problem; what nobody knows shows its code only, never a stack or a driver's text. */
export function problemOf(thrown: unknown, call: Pick<Problem, 'instance' | 'traceId'> = {}): Problem {
  const error = ours(thrown);
  const entry = ERRORS[error.code];
  return {
    type: `urn:sluice:error:${error.code}`,
    title: entry.meaning,
    status: entry.status,
    detail: error.code === 'SLUICE_SYS_BUG' ? entry.meaning : error.detail,
    code: error.code,
    hint: error.hint,
    retryable: entry.kind === 'transient',
    ...call,
    ...(error.place === undefined ? {} : { place: error.place }),
    ...(error.fields === undefined ? {} : { errors: error.fields }),
  };
}

/** What fastify itself refuses, by its code. */
function refused(code: string | undefined): SluiceError | undefined {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new SluiceError(
        'SLUICE_CFG_MEDIA_TYPE',
        'The content-type of the body is not application/json.',
      );
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new SluiceError('SLUICE_CFG_TOO_LARGE', 'The body is larger than this call reads.');
    default:
      return undefined;
  }
}

function ours(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const { validation, statusCode, message, code } = thrown as {
    validation?: ValidationFault[];
    statusCode?: number;
    message?: string;
    code?: string;
  };
  const known = refused(code);
  if (known !== undefined) return known;
  if (validation !== undefined) {
    const fields = validation.map(({ instancePath, message: text = 'is not valid', params }) => {
      const name = params?.additionalProperty ?? params?.missingProperty;
      return { pointer: name === undefined ? instancePath : `${instancePath}/${name}`, detail: text };
    });
    return new SluiceError('SLUICE_CFG_INVALID', {
      detail: fields.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '),
      fields,
    });
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new SluiceError('SLUICE_CFG_INVALID', message ?? 'The request is not valid.');
  return asSluiceError(thrown);
}

import { asSluiceError, ERRORS, SluiceError } from '@sluice/model';

/** RFC 9457 problem details with our extensions. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly retryable: boolean;
  /** JSON pointer, table, column, id, ...: where to look. */
  readonly place?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

interface ValidationFault {
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: { readonly additionalProperty?: string; readonly missingProperty?: string };
}

/** Anything thrown as a problem; what nobody knows shows its code only, never a stack or a driver's text. */
export function problemOf(thrown: unknown): Problem {
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
    ...(error.place === undefined ? {} : { place: error.place }),
    ...(error.fields === undefined ? {} : { errors: error.fields }),
  };
}

function ours(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const { validation, statusCode, message } = thrown as {
    validation?: ValidationFault[];
    statusCode?: number;
    message?: string;
  };
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

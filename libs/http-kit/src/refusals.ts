import type { Socket } from 'node:net';
import { newTraceId, SluiceError } from '@sluice/model';
import { type Problem, problemOf } from './problem.ts';

/** What Node refuses before there is a request, by its code. */
function unread({ code }: NodeJS.ErrnoException): SluiceError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new SluiceError('SLUICE_CFG_HEADERS', 'The headers of the request are longer than 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new SluiceError('SLUICE_CFG_SLOW', 'The request was not sent in time.');
    default:
      return new SluiceError('SLUICE_CFG_INVALID', {
        detail: 'That is no HTTP request.',
        hint: 'Send HTTP/1.1, to this port without TLS.',
      });
  }
}

/** Answers what cannot be read as a request like everything else: with a problem. Then the connection is closed. */
export function answerUnread(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = problemOf(unread(error), { traceId: newTraceId() });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${REASONS[problem.status] ?? 'Bad Request'}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const REASONS: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Which methods each path answers; to tell a wrong method from a path that does not exist. */
export class Methods {
  readonly #paths = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** @param path as OpenAPI writes it: `/runs/{id}:stop` */
  add(path: string, methods: readonly string[]): void {
    let known = this.#paths.get(path);
    if (known === undefined) {
      const pattern = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`).replace(/\{\w+\}/g, '[^/:]+');
      this.#paths.set(path, (known = { pattern: new RegExp(`^${pattern}$`), methods: new Set() }));
    }
    for (const method of methods) known.methods.add(method);
  }

  /** The methods that a path answers, sorted; none: there is no such path. */
  of(path: string): readonly string[] {
    const fitting = [...this.#paths.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].toSorted();
  }
}

/** What to answer a request that no route fits. */
export function unroutedProblem(
  method: string,
  call: Pick<Problem, 'instance' | 'traceId'>,
  allowed: readonly string[],
): Problem {
  const error =
    allowed.length === 0
      ? new SluiceError('SLUICE_CFG_NOT_FOUND', {
          detail: `There is no ${method} ${call.instance}.`,
          hint: 'See what there is: GET /openapi.json.',
        })
      : new SluiceError('SLUICE_CFG_METHOD', {
          detail: `${call.instance} does not answer ${method}.`,
          hint: `Use ${allowed.join(' or ')}.`,
        });
  return problemOf(error, call);
}

import { randomUUID } from 'node:crypto';
import { parseAccessKey } from '@sluice/auth';
import { type ErrorCode, ERRORS, SluiceError } from '@sluice/model';

export interface ServerOptions {
  readonly url?: string;
  readonly workspace?: string;
}

/** What a list answers. */
export interface Items<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly place?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A page of a listing. */
const PAGE = 200;

/** The API of a running server. Throws what the server answers as SluiceError, and SLUICE_SYS_UNREACHABLE when nobody does. */
export class Client {
  readonly #urls: readonly string[];
  readonly #key: string | undefined;
  readonly #wanted: string | undefined;
  #workspace: string | undefined;

  /**
   * The server is `--url`, else SLUICE_URL (several coordinators with commas between them), else the one on this machine. The access
   * key is SLUICE_TOKEN: it is never given as an argument, where others could read it. Throws SLUICE_CFG_INVALID, SLUICE_AUTH_MISSING.
   */
  constructor(options: ServerOptions, environment: NodeJS.ProcessEnv = process.env) {
    const port = environment['SLUICE_PORT'] ?? '7070';
    const given = options.url ?? environment['SLUICE_URL'];
    const text = given === undefined || given === '' ? `http://127.0.0.1:${port}` : given;
    this.#urls = text.split(',').map(checkedUrl);
    const key = environment['SLUICE_TOKEN'];
    if (key !== undefined && key !== '' && parseAccessKey(key) === undefined)
      throw new SluiceError('SLUICE_AUTH_MISSING', {
        detail: 'SLUICE_TOKEN is not an access key.',
        place: 'SLUICE_TOKEN',
        hint: 'Set it to an access key, slk_<id>.<secret>, whole and unchanged.',
      });
    this.#key = key === '' ? undefined : key;
    this.#wanted = options.workspace;
  }

  /** A path of a workspace: `/tasks` is `/api/v1/workspaces/<id>/tasks`. */
  async in(path: string): Promise<string> {
    this.#workspace ??= await this.#findWorkspace();
    return `/api/v1/workspaces/${encodeURIComponent(this.#workspace)}${path}`;
  }

  async get<T>(path: string): Promise<T> {
    return json<T>(await this.open('GET', path));
  }

  /** A creating call may be sent twice when the first answer is lost: the key makes it one. */
  async post<T>(path: string, body?: unknown): Promise<T> {
    const headers = { 'idempotency-key': randomUUID() };
    return json<T>(await this.open('POST', path, { headers, ...(body === undefined ? {} : { body }) }));
  }

  async put<T>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return json<T>(await this.open('PUT', path, { body, headers }));
  }

  /** All items of a listing, at most `limit`. */
  async list<T>(path: string, limit: number): Promise<T[]> {
    const items: T[] = [];
    let cursor = '';
    while (items.length < limit) {
      const join = path.includes('?') ? '&' : '?';
      const wanted = `limit=${Math.min(PAGE, limit - items.length)}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const page = await this.get<Items<T>>(`${path}${join}${wanted}`);
      if (!Array.isArray(page.items)) throw stranger(this.#urls.join(', '));
      items.push(...page.items);
      if (page.nextCursor === undefined) break;
      cursor = encodeURIComponent(page.nextCursor);
    }
    return items;
  }

  /** The object with this name or id. Throws SLUICE_CFG_NOT_FOUND. */
  async find<T extends { readonly id: string }>(
    kind: 'data-sources' | 'tasks',
    reference: string,
  ): Promise<T> {
    const what = kind === 'tasks' ? 'task' : 'data source';
    const byName = await this.get<Items<T>>(await this.in(`/${kind}?name=${encodeURIComponent(reference)}`));
    if (byName.items[0] !== undefined) return byName.items[0];
    try {
      return await this.get<T>(await this.in(`/${kind}/${encodeURIComponent(reference)}`));
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== 'SLUICE_CFG_NOT_FOUND') throw error;
      throw new SluiceError('SLUICE_CFG_NOT_FOUND', {
        detail: `There is no ${what} ${reference}.`,
        place: reference,
        hint: `See what exists: sluice ${kind === 'tasks' ? 'task' : 'ds'} ls`,
      });
    }
  }

  /** An answer whose body the caller reads: a stream may follow. */
  async open(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const { body, signal } = options;
    let cause: unknown;
    for (const url of this.#urls) {
      let answer: Response;
      try {
        answer = await fetch(`${url}${path}`, {
          method,
          redirect: 'error',
          headers: {
            ...(this.#key === undefined ? {} : { authorization: `Bearer ${this.#key}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...options.headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(signal === undefined ? {} : { signal }),
        });
      } catch (error) {
        if (signal?.aborted === true) throw error;
        cause = error;
        continue;
      }
      if (answer.ok) return answer;
      throw await refusal(answer, url);
    }
    throw new SluiceError('SLUICE_SYS_UNREACHABLE', {
      detail: `No Sluice server answers at ${this.#urls.join(', ')} (${networkCode(cause)}).`,
      place: this.#urls.join(', '),
      cause,
    });
  }

  async #findWorkspace(): Promise<string> {
    const wanted = this.#wanted;
    const all = await this.list<{ id: string; name: string }>('/api/v1/workspaces', 10_000);
    if (wanted === undefined) return (all.length === 1 ? all[0]!.id : undefined) ?? 'default';
    const found = all.find(({ id, name }) => id === wanted || name === wanted);
    if (found !== undefined) return found.id;
    throw new SluiceError('SLUICE_CFG_NOT_FOUND', {
      detail: `There is no workspace ${wanted} that this access key reaches.`,
      place: '--workspace',
      hint: `It is one of: ${all.map(({ name }) => name).join(', ')}`,
    });
  }
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The address of the server is not an http or https URL.',
      place: '--url, SLUICE_URL',
      hint: 'Write it as http://127.0.0.1:7070 .',
    });
  if (url.username !== '' || url.password !== '')
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The address of the server holds a user or password.',
      place: '--url, SLUICE_URL',
      hint: 'Give the access key in SLUICE_TOKEN.',
    });
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** ECONNREFUSED, ENOTFOUND, ...: what the network said, without the rest. */
function networkCode(thrown: unknown): string {
  const { cause } = thrown as { cause?: { code?: string; errors?: { code?: string }[] } };
  return cause?.code ?? cause?.errors?.[0]?.code ?? 'no answer';
}

async function json<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  try {
    return JSON.parse(text) as T;
  } catch {
    throw stranger(new URL(answer.url).origin);
  }
}

const stranger = (url: string, more = ''): SluiceError =>
  new SluiceError('SLUICE_SYS_UNREACHABLE', {
    detail: `What answers at ${url} is not a Sluice server of this version${more}.`,
    place: url,
  });

async function refusal(answer: Response, url: string): Promise<SluiceError> {
  const isProblem = (answer.headers.get('content-type') ?? '').startsWith('application/problem+json');
  const problem = isProblem ? ((await answer.json()) as Problem) : undefined;
  if (problem?.code === undefined || !Object.hasOwn(ERRORS, problem.code)) {
    await answer.body?.cancel();
    return stranger(url, ` (HTTP ${answer.status})`);
  }
  const { code, detail = '', hint, place, errors } = problem;
  return new SluiceError(code as ErrorCode, {
    detail,
    ...(hint === undefined ? {} : { hint }),
    ...(place === undefined ? {} : { place }),
    ...(errors === undefined ? {} : { fields: errors }),
  });
}

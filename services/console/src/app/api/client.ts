import type { Problem } from './answers.ts';

/** An error that the API described, or one that says that there was no answer. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiProblem';
    this.problem = problem;
  }
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A call of the API by its path. Throws ApiProblem. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { body, headers = {}, signal } = options;
  let answer: Response;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(AWAY);
  }
  if (answer.status === 204) return undefined as T;
  const said: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return said as T;
  throw new ApiProblem((said as Problem | undefined) ?? { ...AWAY, status: answer.status });
}

const AWAY: Problem = {
  type: 'about:blank',
  title: 'Sluice does not answer.',
  status: 0,
  detail: 'The server cannot be reached.',
  code: 'CONSOLE_NO_ANSWER',
  hint: 'See whether it is running; this page goes on by itself when it is back.',
  retryable: true,
};

/** What was thrown, as something to show. */
export function problemFrom(thrown: unknown): Problem {
  if (thrown instanceof ApiProblem) return thrown.problem;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { ...AWAY, title: 'This page made a mistake.', detail, code: 'CONSOLE_BUG', hint: 'Load it again.' };
}

/** A path below a workspace. */
export const inWorkspace = (workspace: string, ...parts: readonly string[]): string =>
  ['/api/v1/workspaces', encodeURIComponent(workspace), ...parts].join('/');

/** A query string of what is defined, or nothing. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([k, v]) => [k, String(v)]))}`;
}

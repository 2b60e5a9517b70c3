import { type ErrorCode, ERRORS, SluiceError } from '@sluice/model';
import type { Coordination, WorkerOrders, WorkerReport } from '@sluice/ports';

export interface HttpCoordinationOptions {
  /** Coordinators, e.g. `http://127.0.0.1:7070`; one that does not answer is followed by the next. */
  readonly urls: readonly string[];
  /** The worker token. */
  readonly token: string;
}

const TIMEOUT = 10_000;

/** The coordinator over HTTP: one request a call, connections kept alive by fetch. */
export class HttpCoordination implements Coordination {
  readonly #options: HttpCoordinationOptions;
  #next = 0;

  constructor(options: HttpCoordinationOptions) {
    this.#options = options;
  }

  renew(
    report: WorkerReport,
    wait?: { readonly version: string; readonly milliseconds: number; readonly signal: AbortSignal },
  ): Promise<WorkerOrders> {
    if (wait === undefined) return this.#call('renew', { report });
    const { version, milliseconds, signal } = wait;
    return this.#call('renew', { report, wait: { version, milliseconds } }, milliseconds + TIMEOUT, signal);
  }

  claimChannel(
    worker: string,
    run: string,
    channel: number,
    above: number,
  ): Promise<{ readonly epoch: number }> {
    return this.#call('claim-channel', { worker, run, channel, above });
  }

  async release(worker: string): Promise<void> {
    await this.#call('release', { worker });
  }

  async #call<T>(path: string, body: object, timeout = TIMEOUT, signal?: AbortSignal): Promise<T> {
    const { urls, token } = this.#options;
    const url = urls[this.#next % urls.length]!;
    const limit = AbortSignal.timeout(timeout);
    let answer: Response;
    try {
      answer = await fetch(`${url}/internal/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
    } catch (cause) {
      this.#next++;
      throw new SluiceError('SLUICE_SYS_STORE', { detail: `The coordinator ${url} does not answer.`, cause });
    }
    const text = await answer.text();
    if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    if (answer.status >= 500) this.#next++;
    throw problem(text, url);
  }
}

function problem(text: string, url: string): SluiceError {
  try {
    const { code, detail, hint } = JSON.parse(text) as { code: string; detail: string; hint: string };
    if (code in ERRORS) return new SluiceError(code as ErrorCode, { detail, hint });
  } catch {
    // Not one of ours, e.g. a proxy's page.
  }
  return new SluiceError('SLUICE_SYS_STORE', `The coordinator ${url} answers something that is not ours.`);
}

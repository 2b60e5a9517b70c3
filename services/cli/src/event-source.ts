import { SluiceError } from '@sluice/model';
import type { Client } from './client.ts';

export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** A server that is away for longer than this many tries, a second apart, is not waited for. */
const TRIES = 30;
const TRY_AGAIN = 1000;

/** Server-sent events of a path, across broken connections, until `isLast` says so. Throws SLUICE_SYS_UNREACHABLE. */
export async function* events(
  client: Client,
  path: string,
  isLast: (event: ServerEvent) => boolean,
): AsyncGenerator<ServerEvent> {
  let last = '';
  for (let failed = 0; ;) {
    try {
      const answer = await client.open('GET', path, {
        headers: { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) },
      });
      for await (const event of parsed(answer)) {
        failed = 0;
        if (event.id !== '') last = event.id;
        yield event;
        if (isLast(event)) return;
      }
    } catch (error) {
      // A connection that broke in the middle of an answer is no SluiceError of ours.
      if (error instanceof SluiceError && error.code !== 'SLUICE_SYS_UNREACHABLE') throw error;
      if (error instanceof SluiceError && ++failed > TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
  }
}

async function* parsed(answer: Response): AsyncGenerator<ServerEvent> {
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const event = parse(rest.slice(0, end));
      rest = rest.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

/** One block of a stream; undefined for a comment. */
function parse(block: string): ServerEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(': ');
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 2));
  }
  const [event, data] = [fields.get('event'), fields.get('data')];
  if (event === undefined || data === undefined) return undefined;
  return { event, id: fields.get('id') ?? '', data: JSON.parse(data) };
}

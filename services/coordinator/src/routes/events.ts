import { EventStream } from '@sluice/http-kit';
import { SluiceError } from '@sluice/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppOptions } from '../app.ts';
import { inReach, stillAllowed } from '../authorize.ts';
import type { EventHub, RunEvent } from './event-hub.ts';

/** A stream ends this soon (milliseconds) after its access key was disabled. */
const ASK_AGAIN = 1000;
/** Clients that one coordinator serves at once. */
const MOST_CLIENTS = 500;

const QUERY = {
  type: 'object',
  properties: {
    workspace: {
      type: 'string',
      description: 'Without it the workspace of the key, without login `default`.',
    },
    topics: {
      type: 'string',
      maxLength: 2000,
      description: '`run:ID` and `task:ID`, separated by commas; without it all runs.',
    },
  },
  additionalProperties: false,
} as const;

interface Query {
  readonly workspace?: string;
  readonly topics?: string;
}

/** `GET /api/v1/events`: what happens to runs, as server-sent events. */
export function eventRoutes(app: FastifyInstance, options: AppOptions, hub: EventHub): void {
  const { store, sources } = options;
  let clients = 0;
  app.get('/api/v1/events', { schema: { querystring: QUERY } }, async (request, reply) => {
    const { principal } = request;
    const { workspace = principal.workspace ?? 'default', topics } = request.query as Query;
    await inReach(store, principal, workspace);
    const wanted = chooser(topics);
    const last = lastEventId(request);
    if (clients >= MOST_CLIENTS)
      throw new SluiceError('SLUICE_SYS_BUSY', `${clients} clients follow events already.`);
    clients += 1;
    const stream = new EventStream(reply, { redact: (text) => sources.redactor.redact(text) });
    const asking = setInterval(() => {
      stillAllowed(store, principal).then(
        (isAllowed) => isAllowed || stream.end(),
        () => undefined,
      );
    }, ASK_AGAIN);
    // What happens while missed events are looked up waits until they are sent.
    let waiting: RunEvent[] | undefined = [];
    const leave = hub.subscribe(workspace, (event) => {
      if (!wanted(event)) return;
      if (waiting === undefined) stream.send(event);
      else waiting.push(event);
    });
    stream.signal.addEventListener('abort', () => {
      clients -= 1;
      clearInterval(asking);
      leave();
    });
    const sent = new Set<string>();
    if (last !== undefined) {
      const missed = await hub.missed(workspace, last).catch(() => undefined);
      if (missed === undefined)
        stream.send({ event: 'reset', data: { reason: 'Too much was missed: read the runs anew.' } });
      for (const event of missed ?? [])
        if (wanted(event)) {
          sent.add(event.id!);
          stream.send(event);
        }
    }
    for (const event of waiting) if (event.id === undefined || !sent.has(event.id)) stream.send(event);
    waiting = undefined;
    return reply;
  });
}

/** Throws SLUICE_CFG_INVALID for a topic that is neither a run nor a task. */
function chooser(topics: string | undefined): (event: RunEvent) => boolean {
  if (topics === undefined || topics === '') return () => true;
  const runs = new Set<string>();
  const tasks = new Set<string>();
  for (const topic of topics.split(',')) {
    const [kind, id = ''] = topic.split(/:(.*)/s);
    if ((kind !== 'run' && kind !== 'task') || id === '')
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: `${topic} is neither run:ID nor task:ID.`,
        place: 'topics',
        fields: [{ pointer: '/topics', detail: `${topic} is neither run:ID nor task:ID.` }],
      });
    (kind === 'run' ? runs : tasks).add(id);
  }
  return ({ run, task }) => runs.has(run) || tasks.has(task);
}

/** The id that the client saw last. Throws SLUICE_CFG_INVALID when it is none of ours. */
export function lastEventId(request: FastifyRequest): string | undefined {
  const id = request.headers['last-event-id'];
  if (id === undefined || id === '') return undefined;
  if (typeof id === 'string' && /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/.test(id)) return id;
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail: 'The Last-Event-ID is not one of this stream.',
    place: 'Last-Event-ID',
  });
}

import type { Bus, BusInspection, Store } from '@sluice/ports';
import type { FastifyInstance } from 'fastify';

/** What does not answer in this time (milliseconds) counts as failing. */
const PATIENCE = 3000;

/** Version of the API that a running server answers with; lets a second start recognise the first. */
export const PRODUCT = 'sluice';

/** Open to everybody: they say ok or failing and nothing else about the installation (S-2). */
export function healthRoutes(
  app: FastifyInstance,
  { store, bus }: { readonly store: Store; readonly bus: Bus & BusInspection },
): void {
  app.get('/livez', () => ({ status: 'ok', product: PRODUCT }));
  // Who can ask has waited until the store was migrated: nothing listens before.
  app.get('/startupz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const asked = {
      store: answers(store.workspaces.list({ limit: 1 })),
      bus: answers(bus.topics('sluice.none.')),
    };
    const dependencies = { store: await asked.store, bus: await asked.bus };
    // Without the bus runs wait, but everything about them can still be asked and ordered.
    const isReady = dependencies.store === 'ok';
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'failing', dependencies });
  });
}

async function answers(asked: Promise<unknown>): Promise<'ok' | 'failing'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'failing'>((resolve) => {
    timer = setTimeout(() => resolve('failing'), PATIENCE);
  });
  const found = asked.then(
    () => 'ok' as const,
    () => 'failing' as const,
  );
  const state = await Promise.race([found, late]);
  clearTimeout(timer);
  return state;
}

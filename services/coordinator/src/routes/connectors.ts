import { connectorNames, loadConnector } from '@sluice/connectors';
import type { FastifyInstance } from 'fastify';

export function connectorRoutes(app: FastifyInstance): void {
  app.get('/api/v1/connectors', async () => ({
    items: await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec)),
  }));
  app.get('/api/v1/connectors/:name', async (request) => {
    return (await loadConnector((request.params as { name: string }).name)).spec;
  });
}

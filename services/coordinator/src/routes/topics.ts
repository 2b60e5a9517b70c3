import { parseTraceparent, SluiceError } from '@sluice/model';
import { decodeBatch, parseRowSchema, rowsToJson, schemaIdOf } from '@sluice/wire';
import type { FastifyInstance } from 'fastify';
import type { AppOptions } from '../app.ts';

const BASE = '/api/v1/workspaces/:w/topics';

/** Topics of a workspace: what is in flight, decoded to rows. Never disturbs a consumer. */
export function topicRoutes(app: FastifyInstance, { store, bus }: AppOptions): void {
  const ours = (params: unknown): string => {
    const { w, topic } = params as { w: string; topic: string };
    if (!topic.startsWith(`sluice.${w}.`))
      throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No topic ${topic}.`);
    return topic;
  };
  app.get(BASE, async (request) => ({
    items: await bus.topics(`sluice.${(request.params as { w: string }).w}.`),
  }));
  app.get(`${BASE}/:topic/partitions`, async (request) => ({
    items: await bus.channels(ours(request.params)),
  }));
  app.get(`${BASE}/:topic/consumers`, async (request) => {
    const topic = ours(request.params);
    const groups = topic.endsWith('.mapped') ? ['write'] : ['map', 'write'];
    return {
      items: await Promise.all(
        groups.map(async (stage) => ({
          group: `${topic}.${stage}`,
          lag: await bus.lag(topic, `${topic}.${stage}`),
        })),
      ),
    };
  });
  app.get(
    `${BASE}/:topic/messages`,
    {
      schema: {
        querystring: {
          type: 'object',
          properties: {
            partition: { type: 'integer', minimum: 0, default: 0 },
            offset: { type: 'integer', minimum: 0 },
            limit: { type: 'integer', minimum: 1, maximum: 50, default: 10 },
          },
          additionalProperties: false,
        },
      },
    },
    async (request) => {
      const {
        partition = 0,
        offset,
        limit = 10,
      } = request.query as {
        partition?: number;
        offset?: number;
        limit?: number;
      };
      const found = await bus.peek(ours(request.params), partition, offset ?? 'newest', limit);
      return {
        items: await Promise.all(
          found.map(async ({ offset: at, timestamp, headers, value }) => {
            try {
              const { rows, ...batch } = decodeBatch(headers, value);
              const schema = await store.schemas.byId(schemaIdOf(value));
              const decoded =
                schema === undefined ? [] : rowsToJson(parseRowSchema(JSON.parse(schema)), rows);
              const traceId = parseTraceparent(headers['traceparent'])?.traceId;
              const trace = traceId === undefined ? {} : { traceId };
              return { offset: at, timestamp, ...batch, ...trace, rows: decoded };
            } catch (error) {
              return {
                offset: at,
                timestamp,
                error: error instanceof SluiceError ? error.detail : 'undecodable',
              };
            }
          }),
        ),
      };
    },
  );
}

export { problemOf, type Problem } from './problem.ts';
export { createServer, pathOf, type Principal } from './server.ts';
export type { FastifyInstance } from 'fastify';
export { EventStream, type StreamedEvent } from './event-stream.ts';

export { problemOf, type Problem } from './problem.ts';
export { createServer, pathOf, type Principal } from './server.ts';
export type { FastifyInstance } from 'fastify';
export { etagOf, guardChange, sendVersioned, stale } from './preconditions.ts';
export { preferenceOf } from './preference.ts';
export { EventStream, type StreamedEvent } from './event-stream.ts';

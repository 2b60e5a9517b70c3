export { problemOf, type Problem } from './problem.ts';
export { createServer, pathOf, type Principal } from './server.ts';
export type { FastifyInstance } from 'fastify';
export { etagOf, guardChange, sendVersioned, stale } from './preconditions.ts';
export type { Limits } from './limits.ts';
export type { Rate } from './rate-limit.ts';
export { preferenceOf } from './preference.ts';
export { EventStream, type StreamedEvent } from './event-stream.ts';

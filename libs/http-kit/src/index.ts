export { problemOf, type Problem } from './problem.ts';
export { createServer, type RouteAccess } from './server.ts';

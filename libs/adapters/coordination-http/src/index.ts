export { HttpCoordination, type HttpCoordinationOptions } from './http-coordination.ts';

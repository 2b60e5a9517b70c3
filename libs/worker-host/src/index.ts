export { hostWorker } from './host-worker.ts';

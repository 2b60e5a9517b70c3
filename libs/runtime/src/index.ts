export { Worker, type WorkerOptions } from './worker.ts';
export { ReadStage } from './read-stage.ts';
export { MapStage } from './map-stage.ts';
export { WriteStage } from './write-stage.ts';
export { Reporter } from './reporter.ts';
export type { StageContext } from './stage.ts';

export { type Engine, startEngine } from './engine.ts';
export { type Standalone, startStandalone } from './standalone.ts';

export * from './audit.ts';
export * from './bus.ts';
export * from './signals.ts';
export * from './store.ts';
export * from './rows.ts';
export * from './coordination.ts';
export * from './lease.ts';
export * from './clock.ts';

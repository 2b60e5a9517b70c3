export { RedisSignals, type RedisSignalsOptions } from './redis-signals.ts';

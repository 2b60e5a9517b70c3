export { type Compression, KafkaBus, type KafkaBusOptions, kafkaOptions } from './kafka-bus.ts';

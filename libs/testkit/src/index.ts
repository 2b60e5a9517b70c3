export { busContract } from './contract/bus-contract.ts';
export { signalsContract } from './contract/signals-contract.ts';
export { storeContract } from './contract/store-contract.ts';
export { FaultProxy, isCommit, type Verdict } from './fault-proxy.ts';
export { has, testKafka, testMariadb, testPostgres, testRedis } from './servers.ts';

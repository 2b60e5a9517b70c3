export { storeContract } from './contract/store-contract.ts';
export { FaultProxy, isCommit, type Verdict } from './fault-proxy.ts';
export { has, testKafka, testMariadb, testPostgres, testRedis } from './servers.ts';

export { storeContract } from './contract/store-contract.ts';
export { has, testKafka, testMariadb, testPostgres, testRedis } from './servers.ts';

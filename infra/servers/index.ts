import { missingKafka, startKafka } from './kafka.ts';
import { missingMariadb, startMariadb } from './mariadb.ts';
import { missingPostgres, startPostgres } from './postgres.ts';
import { missingRedis, startRedis } from './redis.ts';
import { missingS3, startS3 } from './s3.ts';
import type { Server } from './server-process.ts';

export type ServerKind = 'postgres' | 'mariadb' | 'redis' | 'kafka' | 's3';

const STARTERS: Readonly<Record<ServerKind, { missing(): string | undefined; start(): Promise<Server> }>> = {
  postgres: { missing: missingPostgres, start: startPostgres },
  mariadb: { missing: missingMariadb, start: startMariadb },
  redis: { missing: missingRedis, start: startRedis },
  kafka: { missing: missingKafka, start: startKafka },
  s3: { missing: missingS3, start: startS3 },
};

export interface Servers {
  /** `SLUICE_TEST_<KIND>` of each that runs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly missing: readonly { readonly kind: ServerKind; readonly why: string }[];
  stop(): Promise<void>;
}

/** Those of these kinds that cannot be started here, and what to install. */
export function missingServers(kinds: readonly ServerKind[]): Servers['missing'] {
  return kinds.flatMap((kind) => {
    const why = STARTERS[kind].missing();
    return why === undefined ? [] : [{ kind, why }];
  });
}

/** Starts the servers of these kinds that the environment does not name already, together. */
export async function startServers(kinds: readonly ServerKind[], given: NodeJS.ProcessEnv): Promise<Servers> {
  const environment: Record<string, string> = {};
  const missing: { kind: ServerKind; why: string }[] = [];
  const started: Server[] = [];
  const start = async (kind: ServerKind): Promise<void> => {
    const variable = `SLUICE_TEST_${kind.toUpperCase()}`;
    const known = given[variable];
    if (known !== undefined && known !== '') return void (environment[variable] = known);
    const why = STARTERS[kind].missing();
    if (why !== undefined) return void missing.push({ kind, why });
    try {
      const server = await STARTERS[kind].start();
      started.push(server);
      environment[variable] = server.url;
    } catch (error) {
      missing.push({ kind, why: error instanceof Error ? error.message : String(error) });
    }
  };
  await Promise.all(kinds.map(start));
  return {
    environment,
    missing,
    stop: async () => {
      await Promise.all(started.map((server) => server.stop()));
    },
  };
}

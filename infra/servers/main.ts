/** `node infra/servers/main.ts [KIND ...]`: starts real servers, prints their variables, stays up until it is ended. */
import { type ServerKind, startServers } from './index.ts';

const kinds = process.argv.slice(2) as ServerKind[];
const servers = await startServers(
  kinds.length > 0 ? kinds : ['postgres', 'mariadb', 'redis', 'kafka', 's3'],
  {},
);
for (const [name, value] of Object.entries(servers.environment))
  process.stdout.write(`export ${name}=${value}\n`);
for (const { kind, why } of servers.missing) process.stderr.write(`skipped: ${kind} because ${why}\n`);
setInterval(() => undefined, 60_000);

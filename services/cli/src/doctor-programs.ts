import { existsSync, globSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Finding } from './doctor.ts';

interface Program {
  readonly check: string;
  /** Any of these names on the PATH, or any of these files. */
  readonly names: readonly string[];
  readonly globs?: readonly string[];
  readonly remedy: string;
}

const FOR = 'needed only by `npm run cluster` and the tests';

/** What the distributed mode runs on; `sluice up` and `sluice copy` need none of it. */
const PROGRAMS: readonly Program[] = [
  { check: 'Java', names: ['java'], remedy: 'Debian: apt-get install openjdk-17-jre-headless' },
  {
    check: 'Kafka',
    names: ['kafka-server-start.sh', 'kafka-server-start', 'mvn'],
    globs: [join(process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'), 'kafka-*')],
    remedy: 'Maven gets it on first use. Debian: apt-get install maven',
  },
  {
    check: 'PostgreSQL',
    names: ['initdb'],
    globs: ['/usr/lib/postgresql/*/bin/initdb'],
    remedy: 'Debian: apt-get install postgresql',
  },
  { check: 'MariaDB', names: ['mariadbd'], remedy: 'Debian: apt-get install mariadb-server' },
  { check: 'Redis', names: ['redis-server'], remedy: 'Debian: apt-get install redis-server' },
];

/** @param path directories to look in, as in PATH */
export function programFindings(path: string = process.env['PATH'] ?? ''): Finding[] {
  const directories = [...path.split(delimiter).filter(Boolean), '/usr/sbin'];
  return PROGRAMS.map(({ check, names, globs = [], remedy }) => {
    const found =
      directories
        .flatMap((directory) => names.map((name) => join(directory, name)))
        .find((file) => existsSync(file)) ?? globs.flatMap((glob) => globSync(glob)).at(-1);
    if (found !== undefined) return { check, result: 'ok', detail: found };
    return { check, result: 'warn', detail: `not found; ${FOR}`, remedy };
  });
}

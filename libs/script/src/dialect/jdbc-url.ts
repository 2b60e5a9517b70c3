/** What a JDBC URL says. */
export interface Connection {
  readonly connector: string;
  readonly config: Readonly<Record<string, string | number>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Names of options that have no counterpart; their values may be secret. */
  readonly dropped: readonly string[];
}

const CONNECTORS: Readonly<Record<string, string>> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgresql: 'postgres',
};

const SERVER =
  /^jdbc:([a-z]+):\/\/(\[[0-9a-f:.]+\]|[^:/?#,[\]@\s]+)(?::([0-9]{1,5}))?\/([^?#/\s]*)(?:\?(\S*))?$/i;

/** Options of drivers that choose TLS with verified certificates. */
const VERIFIED = /^(verify-full|verify_identity)$/i;

/** Reads `jdbc:mysql://host:port/database?options` and its like; undefined: it is none. */
export function readJdbcUrl(url: string): Connection | undefined {
  const text = url.trim();
  const file = /^jdbc:sqlite:(.+)$/i.exec(text)?.[1];
  if (file !== undefined) return { connector: 'sqlite', config: { path: file }, secrets: {}, dropped: [] };
  const [, scheme = '', host = '', port, database = '', query = ''] = SERVER.exec(text) ?? [];
  const connector = Object.hasOwn(CONNECTORS, scheme.toLowerCase())
    ? CONNECTORS[scheme.toLowerCase()]
    : undefined;
  if (connector === undefined || database === '') return undefined;
  const config: Record<string, string | number> = { host: host.replace(/^\[|\]$/g, '') };
  if (port !== undefined) config['port'] = Number(port);
  config['database'] = decoded(database);
  const secrets: Record<string, string> = {};
  const dropped: string[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'user') config['user'] = value;
    else if (name === 'password') secrets['password'] = value;
    else if (/^sslmode$/i.test(name) && VERIFIED.test(value)) config['ssl'] = 'verify-full';
    else dropped.push(name.slice(0, 60));
  }
  return { connector, config, secrets, dropped };
}

/** The JDBC URL of a data source; undefined: DataX has no driver for it. */
export function writeJdbcUrl(
  connector: string,
  config: Readonly<Record<string, unknown>>,
): string | undefined {
  if (connector === 'sqlite') return `jdbc:sqlite:${String(config['path'])}`;
  const scheme = connector === 'postgres' ? 'postgresql' : connector === 'mysql' ? 'mysql' : undefined;
  if (scheme === undefined || config['host'] === undefined || config['database'] === undefined)
    return undefined;
  const host = String(config['host']);
  const port = config['port'] === undefined ? '' : `:${String(config['port'])}`;
  const tls =
    config['ssl'] === 'verify-full'
      ? `?${scheme === 'mysql' ? 'sslMode=VERIFY_IDENTITY' : 'sslmode=verify-full'}`
      : '';
  const database = encodeURIComponent(String(config['database']));
  return `jdbc:${scheme}://${host.includes(':') ? `[${host}]` : host}${port}/${database}${tls}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

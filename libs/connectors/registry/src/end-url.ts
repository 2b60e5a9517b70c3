import { resolve } from 'node:path';
import { SluiceError } from '@sluice/model';

/** One end of `sluice copy`: `<connection url>#<table>`, or for files `<format>:<path>#<parameter>=<value>&...`. */
export interface ParsedEnd {
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Absent: the source's table name. */
  readonly table?: string;
  /** Of files: the path below the root that `config` has. */
  readonly path?: string;
  /** Of files: parameters of reader or writer, as text. */
  readonly options?: Readonly<Record<string, string>>;
}

const SCHEMES: Readonly<Record<string, string>> = {
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
  sqlite: 'sqlite',
  stream: 'stream',
  csv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
};

const FILES: ReadonlySet<string> = new Set(['csv', 'jsonl', 'parquet']);

/** Options of a `stream:` that are text whatever they look like. */
const STREAM_TEXTS: ReadonlySet<string> = new Set(['kinds', 'file']);

const FORM =
  'Write it as postgres://user:password@host:port/database#schema.table, mysql://..., sqlite:path/to/file.db#table, csv:path/to/file.csv or stream:?rows=1000#table.';

/** Reads an end. Throws SLUICE_CFG_URL, which names the scheme at most: the rest may hold a password. */
export function connectorForUrl(text: string): ParsedEnd {
  const hash = text.indexOf('#');
  const address = hash < 0 ? text : text.slice(0, hash);
  const table = hash < 0 ? {} : { table: decode(text.slice(hash + 1)) };
  const scheme = /^([a-z][a-z0-9+]*):/i.exec(address)?.[1]?.toLowerCase() ?? '';
  const connector = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (connector === undefined)
    throw new SluiceError('SLUICE_CFG_URL', {
      detail: `${scheme === '' ? 'A URL without a scheme' : `The scheme ${scheme}`} is not known.`,
      hint: FORM,
    });
  if (FILES.has(connector)) return fileEnd(connector, address, hash < 0 ? '' : text.slice(hash + 1));
  if (connector === 'sqlite') {
    const path = decode(address.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''));
    if (path === '')
      throw new SluiceError('SLUICE_CFG_URL', { detail: 'The URL names no file.', hint: FORM });
    return { connector, config: { path }, ...table };
  }
  if (connector === 'stream') return { connector, config: streamConfig(address), ...table };
  return { connector, config: serverConfig(address), ...table };
}

/** `stream:?rows=1000&resumable=false`: options of the data source. */
function streamConfig(address: string): Record<string, unknown> {
  const found = /^stream:(?:\?(.*))?$/is.exec(address);
  if (found === null)
    throw new SluiceError('SLUICE_CFG_URL', {
      detail: 'A stream: is followed by # or by ? and its options.',
      hint: FORM,
    });
  const options = new URLSearchParams(found[1] ?? '');
  return Object.fromEntries([...options].map(([name, text]) => [name, optionOf(name, text)]));
}

function optionOf(name: string, text: string): string | number | boolean {
  if (STREAM_TEXTS.has(name)) return text;
  if (/^\d+$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}

/** The root is the folder that everything the path may mean lies in: what is before its first wildcard and last step. */
function fileEnd(connector: string, address: string, fragment: string): ParsedEnd {
  const whole = decode(address.slice(address.indexOf(':') + 1).replace(/^\/\/(?=\/)/, ''));
  const steps = whole.split('/');
  const isFolder = whole.endsWith('/');
  const wild = steps.findIndex((step) => /[*?[{]/.test(step));
  const last = steps.length - (isFolder ? 2 : 1);
  const cut = Math.max(0, wild < 0 ? last : Math.min(wild, last));
  const path = steps.slice(cut).join('/');
  if (path === '' || path === '/')
    throw new SluiceError('SLUICE_CFG_URL', { detail: 'The URL names no file.', hint: FORM });
  const above = steps.slice(0, cut).join('/');
  const options = Object.fromEntries(new URLSearchParams(fragment.replaceAll('+', '%2B')));
  return {
    connector,
    config: { root: resolve(above === '' && whole.startsWith('/') ? '/' : above) },
    path,
    options,
  };
}

function serverConfig(address: string): Record<string, unknown> {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new SluiceError('SLUICE_CFG_URL', {
      detail: 'The URL cannot be read; special characters in a password are %-encoded.',
      hint: FORM,
    });
  }
  const database = decode(url.pathname.slice(1));
  if (url.hostname === '' || database === '')
    throw new SluiceError('SLUICE_CFG_URL', {
      detail: `The URL names no ${url.hostname === '' ? 'host' : 'database'}.`,
      hint: FORM,
    });
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    database,
    ...(url.username === '' ? {} : { user: decode(url.username) }),
    ...(url.password === '' ? {} : { password: decode(url.password) }),
    ...(url.searchParams.has('ssl') ? { ssl: url.searchParams.get('ssl') } : {}),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SluiceError('SLUICE_CFG_URL', { detail: 'The URL has a broken %-code.', hint: FORM });
  }
}

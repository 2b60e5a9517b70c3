import type { ConnectorSpec } from '@sluice/model';

/** What a connection URL says about the settings of a connector. */
export interface ReadUrl {
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Reads a connection URL such as `postgres://user:password@host:5432/database` into the fields that the connector of its scheme has.
 * Undefined when it is none, or no connector knows its scheme.
 */
export function readUrl(text: string, connectors: readonly ConnectorSpec[]): ReadUrl | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text.trim())?.[1]?.toLowerCase();
  const spec = connectors.find(({ schemes }) => scheme !== undefined && schemes.includes(scheme));
  if (spec === undefined) return undefined;
  const fields = spec.dataSource.properties;
  if (Object.hasOwn(fields, 'path'))
    return {
      connector: spec.name,
      config: {
        path: text
          .trim()
          .slice(scheme!.length + 1)
          .replace(/^\/\/(?=\/)/, ''),
      },
    };
  if (!URL.canParse(text.trim())) return undefined;
  const url = new URL(text.trim());
  if (url.hostname === '') return undefined;
  const found: Record<string, unknown> = {
    host: url.hostname,
    port: url.port === '' ? undefined : Number(url.port),
    database: decodeURIComponent(url.pathname.replace(/^\//, '')),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...Object.fromEntries(
      [...url.searchParams].map(([name, value]) => [name, numeric(fields[name]?.type, value)]),
    ),
  };
  const known = Object.entries(found).filter(
    ([name, value]) => Object.hasOwn(fields, name) && value !== undefined && value !== '',
  );
  return { connector: spec.name, config: Object.fromEntries(known) };
}

const numeric = (type: string | undefined, value: string): unknown =>
  type === 'integer' || type === 'number' ? Number(value) : value;

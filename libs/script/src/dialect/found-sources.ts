import { type Json, type Member, toJson } from '../syntax/node.ts';
import { hasVariable, trimmed } from '../syntax/json-text.ts';
import { TEXT } from './conversions.ts';
import { readJdbcUrl } from './jdbc-url.ts';
import type { Reading } from './reading.ts';

/** A data source that a script describes, to be created; its secrets are kept apart. */
export interface FoundSource {
  readonly name: string;
  readonly connector: string;
  readonly config: Readonly<Record<string, string | number>>;
}

/** Who signs in. */
export interface Credentials {
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** The data sources of one script, by the connections that it spells out; the same connection has one name. */
export class FoundSources {
  readonly list: FoundSource[] = [];
  /** By the name of the data source; a map, so that no JSON of a result shows them. */
  readonly secrets = new Map<string, Readonly<Record<string, string>>>();
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** The name of a data source of these settings, as wished or after its database. */
  add(
    connector: string,
    config: FoundSource['config'],
    secrets: Readonly<Record<string, string>>,
    wished?: string,
  ): string {
    const same = this.list.find(
      (one) => one.connector === connector && JSON.stringify(one.config) === JSON.stringify(config),
    );
    if (same !== undefined && (wished === undefined || wished === same.name)) return same.name;
    const name =
      wished ?? this.#freeName(String(config['database'] ?? config['path'] ?? config['root'] ?? connector));
    this.list.push({ name, connector, config });
    if (Object.keys(secrets).length > 0) this.secrets.set(name, secrets);
    return name;
  }

  #freeName(text: string): string {
    const last = text.split('/').findLast((part) => part !== '') ?? text;
    const base = last
      .replace(/[^A-Za-z0-9_]+/g, '_')
      .replace(/^(?=[0-9]|$)/, 'db_')
      .slice(0, 50);
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}_${n}`;
      if (!this.list.some((one) => one.name === name)) return name;
    }
  }

  /** The data source that a JDBC URL describes; of several the first. No URL is repeated: it may hold a password. */
  describe(
    member: Member,
    connector: string,
    { user, password }: Credentials,
    wished: string | undefined,
  ): string | undefined {
    const reading = this.#reading;
    const written = toJson(member.value);
    const urls = (Array.isArray(written) ? (written as readonly Json[]) : [written]).filter(
      (url) => typeof url === 'string',
    );
    const [url] = urls;
    const connection = url === undefined ? undefined : readJdbcUrl(url);
    reading.mapped(member, 'data source');
    if (connection === undefined) {
      reading.problem(member.value, {
        code: 'SCRIPT_URL',
        cause: 'The JDBC URL cannot be read, or Sluice has no connector for it.',
      });
      return undefined;
    }
    if (connection.connector !== connector)
      reading.problem(member.value, {
        code: 'SCRIPT_CONFLICT',
        cause: `The JDBC URL is one of ${connection.connector}, and the type is ${connector}.`,
        remedy: 'Correct the type or the URL.',
      });
    const lost: readonly (readonly [boolean, string, string])[] = [
      [
        urls.length > 1,
        'Several JDBC URLs are given; the first one is used.',
        'Put the one that is reachable first.',
      ],
      [
        connection.dropped.length > 0,
        `Options of the JDBC URL are left out: ${connection.dropped.join(', ')}.`,
        'See whether the data source needs them.',
      ],
    ];
    for (const [isSo, cause, remedy] of lost)
      if (isSo) reading.problem(member.value, { code: 'SCRIPT_NO_EFFECT', cause, remedy });
    const config: FoundSource['config'] = { ...connection.config, ...(user === undefined ? {} : { user }) };
    const isGiven = password !== undefined && password !== '' && !hasVariable(password);
    return this.add(
      connection.connector,
      config,
      { ...connection.secrets, ...(isGiven ? { password } : {}) },
      wished,
    );
  }

  /** The keys of who signs in; the password is said to stand there. */
  credentials(user: Member | undefined, password: Member | undefined): Credentials {
    const text = (member: Member | undefined): string | undefined => {
      const value = member === undefined ? undefined : this.#reading.value(member, TEXT);
      return value === undefined ? undefined : String(value);
    };
    const found = { user: text(user), password: text(password) };
    if (user !== undefined) this.#reading.mapped(user, 'data source');
    if (password !== undefined) {
      this.#reading.mapped(password, 'data source');
      if (found.password !== undefined && !hasVariable(found.password))
        this.#reading.problem(
          password.value,
          {
            code: 'SCRIPT_SECRET',
            cause: `${trimmed(password.key)} stands in the script; the document does not keep it.`,
          },
          password.start,
        );
    }
    return found.user === undefined ? { ...found, user: undefined } : { ...found, user: trimmed(found.user) };
  }
}

import { createConnection as createDriverConnection } from 'mysql2';
import type { Connection, ConnectionOptions, ResultSetHeader } from 'mysql2';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { type DataSourceConfig, demandHost, GuardedSocket, serverTls } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import { classify, type Side } from './errors.ts';
import type { ResultField } from './result-columns.ts';
import { passwordPlugins } from './plain-password.ts';

/** Settings of a data source after validation. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: boolean;
  /** Authorities that are trusted, PEM; absent: those of the system. */
  readonly ca?: string;
}

/** Result of a statement: cells are text as the server sent it. */
export interface Answer {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly affected: number;
  readonly warnings: number;
  /** What the protocol says of the columns. */
  readonly fields: readonly ResultField[];
}

export function readSettings(config: DataSourceConfig): Settings {
  const text = (name: string, fallback?: string): string => {
    const value = config[name] ?? fallback;
    if (typeof value === 'string' && (value !== '' || name === 'password')) return value;
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: `"${name}" is missing.`, place: name });
  };
  const host = text('host');
  demandHost(host);
  const port = config['port'] ?? 3306;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535)
    throw new SluiceError('SLUICE_CFG_INVALID', { detail: 'The port is not a port.', place: 'port' });
  const tls = serverTls(config);
  return {
    host,
    port,
    database: text('database'),
    user: text('user'),
    password: text('password', ''),
    tls: tls !== undefined,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
  };
}

/** Every option of the driver that matters, field by field (S-31): nothing of a user's document gets through as is. */
function driverOptions(settings: Settings, writes: boolean): ConnectionOptions {
  return {
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: settings.password,
    database: settings.database,
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: 10_000,
    stream: () => {
      const socket = new GuardedSocket();
      socket.setNoDelay(true).once('connect', () => socket.setKeepAlive(true, 10_000));
      return socket.connect(settings.port, settings.host);
    },
    multipleStatements: false,
    namedPlaceholders: false,
    stringifyObjects: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    rowsAsArray: true,
    compress: false,
    enableCleartextPlugin: false,
    trace: false,
    connectAttributes: { program_name: 'sluice' },
    // Only a writer's own LOAD DATA may ask for data, and only for its own stream (S-31a).
    flags: writes ? [] : ['-LOCAL_FILES'],
    ...(settings.tls
      ? {
          ssl: {
            rejectUnauthorized: true,
            verifyIdentity: true,
            minVersion: 'TLSv1.2',
            ...(settings.ca === undefined ? {} : { ca: settings.ca }),
          },
        }
      : { authPlugins: passwordPlugins() }),
  };
}

/** One connection: statements in, text out. Not concurrent: one statement at a time. */
export class Link {
  readonly side: Side;
  /** For the row stream, which needs the packets themselves. */
  readonly driver: Connection;
  #lost: unknown;
  #running = 0;
  /** Rejects when the link is closed: the driver then tells nobody who waits for an answer. */
  readonly #closed = Promise.withResolvers<never>();

  private constructor(driver: Connection, side: Side) {
    this.driver = driver;
    this.side = side;
    driver.on('error', (error: unknown) => (this.#lost ??= error));
    this.#closed.promise.catch(() => undefined);
  }

  /** Connects and signs in. `writes`: LOAD DATA LOCAL is legal. Throws a classified error. */
  static async open(settings: Settings, side: Side, writes: boolean): Promise<Link> {
    const driver = createDriverConnection(driverOptions(settings, writes));
    const link = new Link(driver, side);
    try {
      await new Promise<void>((resolve, reject) =>
        driver.connect((error) => (error ? reject(error) : resolve())),
      );
      return link;
    } catch (error) {
      driver.destroy();
      throw classify(error, side);
    }
  }

  /** The driver's socket, for back-pressure. */
  get socket(): Socket {
    return (this.driver as unknown as { stream: Socket }).stream;
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Runs one statement. Throws a classified error. */
  async query(sql: string): Promise<Answer> {
    try {
      return await this.#run(sql);
    } catch (error) {
      throw classify(error, this.side);
    }
  }

  /** The columns of a statement's answer. Throws a classified error. */
  async fields(sql: string): Promise<readonly ResultField[]> {
    try {
      const { fields } = await this.#run(sql);
      return fields;
    } catch (error) {
      throw classify(error, this.side);
    }
  }

  /** A statement of the protocol itself: its errors are never those of a record (D-16). */
  async protocol(sql: string): Promise<Answer> {
    try {
      return await this.query(sql);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.kind !== 'data') throw error;
      throw new SluiceError('SLUICE_TGT_QUERY', { detail: error.detail, cause: error.cause });
    }
  }

  /** LOAD DATA LOCAL with the one stream that its statement may read: any other request gets nothing (S-31a). */
  async load(sql: string, name: string, stream: Readable): Promise<Answer> {
    let given = false;
    const factory = (asked: string): Readable => {
      if (given || asked !== name) throw new SluiceError('SLUICE_TGT_QUERY', 'The server asked for a file.');
      given = true;
      return stream;
    };
    try {
      return await this.#run(sql, factory);
    } catch (error) {
      throw classify(error, this.side);
    }
  }

  async end(): Promise<void> {
    // A goodbye would queue up behind a statement that is not over.
    if (this.lost || this.#running > 0) return this.destroy();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => (this.destroy(), resolve()), 2_000);
      this.driver.end(() => (clearTimeout(timer), resolve()));
    });
  }

  /** Closes the socket at once; the link is of no use afterwards. */
  destroy(): void {
    this.#lost ??= { code: 'ECONNRESET', message: 'The connection was closed.' };
    this.#closed.reject(this.#lost);
    this.driver.destroy();
    // The driver only says goodbye: a socket that rests would keep the server writing into it for ever.
    this.socket.destroy();
  }

  #run(sql: string, infileStreamFactory?: (path: string) => Readable): Promise<Answer> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    this.#running++;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.driver.query(
        {
          sql,
          rowsAsArray: true,
          typeCast: (field) => field.string(),
          ...(infileStreamFactory === undefined ? {} : { infileStreamFactory }),
        },
        (error, result, fields) => {
          if (error) return reject(error);
          if (Array.isArray(result))
            return resolve({
              rows: result as unknown as (string | null)[][],
              affected: 0,
              warnings: 0,
              fields: (fields ?? []) as unknown as ResultField[],
            });
          const header = result as ResultSetHeader;
          resolve({
            rows: [],
            affected: Number(header.affectedRows),
            warnings: Number(header.warningStatus ?? 0),
            fields: [],
          });
        },
      );
    });
    return Promise.race([answer, this.#closed.promise]).finally(() => this.#running--);
  }
}

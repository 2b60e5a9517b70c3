import { CONSOLE_FILES } from '@sluice/console';
import { createApp, PRODUCT } from '@sluice/coordinator';
import { SluiceError } from '@sluice/model';
import { consolePages } from './console-pages.ts';
import { type Engine, startEngine } from './engine.ts';

export interface Standalone {
  readonly url: string;
  readonly engine: Engine;
  /** A Sluice that runs already answers at `url`; nothing was started. */
  readonly isOther: boolean;
  /** For people: why the port is another one. */
  readonly note?: string;
  stop(): Promise<void>;
}

export interface StandaloneOptions {
  readonly home: string;
  readonly port: number;
  /** The port was asked for: another one will not do. */
  readonly isPortAsked: boolean;
}

const HOST = '127.0.0.1';
/** Ports that are tried after the default one. */
const TRIES = 20;

/** Starts everything in this process. Throws SLUICE_SYS_PORT, SLUICE_SYS_HOME. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const running = await sluiceAt(options.port);
  if (running)
    return {
      url: urlOf(options.port),
      engine: undefined as never,
      isOther: true,
      stop: async () => undefined,
    };
  const engine = await startEngine(options.home);
  const app = createApp({ ...engine, isOpen: true, pages: consolePages(CONSOLE_FILES) });
  for (let port = options.port; ; port++) {
    try {
      await app.listen({ host: HOST, port });
      return {
        url: urlOf(port),
        engine,
        isOther: false,
        ...(port === options.port
          ? {}
          : { note: `Port ${options.port} is taken by another program; using ${port}.` }),
        stop: async () => {
          await app.close();
          await engine.stop();
        },
      };
    } catch (error) {
      if (
        (error as NodeJS.ErrnoException).code === 'EADDRINUSE' &&
        !options.isPortAsked &&
        port < options.port + TRIES
      )
        continue;
      await engine.stop();
      if ((error as { syscall?: string }).syscall !== 'listen') throw error;
      throw new SluiceError('SLUICE_SYS_PORT', {
        detail: `Port ${port} cannot be used (${(error as NodeJS.ErrnoException).code}).`,
        cause: error,
      });
    }
  }
}

const urlOf = (port: number): string => `http://${HOST}:${port}`;

async function sluiceAt(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`${urlOf(port)}/livez`, { signal: AbortSignal.timeout(1000) });
    return ((await answer.json()) as { product?: string }).product === PRODUCT;
  } catch {
    return false;
  }
}

import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { CheckStage, DataSourceConfig } from '@sluice/connector-sdk';
import { asSluiceError, type SluiceError } from '@sluice/model';
import { readSettings, type Settings } from './connection.ts';
import { classify } from './errors.ts';
import { openReadSession } from './read-session.ts';

/** Tests a data source in stages; the first that fails ends it. */
export async function checkConnection(
  config: DataSourceConfig,
  signal: AbortSignal,
): Promise<readonly CheckStage[]> {
  const stages: CheckStage[] = [];
  const stage = async (name: string, body: () => Promise<string>): Promise<boolean> => {
    const start = performance.now();
    const took = (): number => Math.round(performance.now() - start);
    try {
      signal.throwIfAborted();
      const detail = await body();
      stages.push({ name, ok: true, detail, milliseconds: took() });
      return true;
    } catch (error) {
      const known: SluiceError = signal.aborted
        ? classify({ code: 'ETIMEDOUT', message: 'The check took too long.' }, 'source')
        : asSluiceError(classify(error, 'source'));
      const { code, detail, hint: remedy } = known;
      stages.push({ name, ok: false, detail, code, remedy, milliseconds: took() });
      return false;
    }
  };
  let settings: Settings | undefined;
  const ready =
    (await stage('resolve', async () => {
      settings = readSettings(config);
      return (await lookup(settings.host)).address;
    })) && (await stage('connect', () => reach(settings!, signal)));
  if (ready) await signIn(settings!, stage);
  return stages;
}

async function signIn(
  settings: Settings,
  stage: (name: string, body: () => Promise<string>) => Promise<boolean>,
): Promise<void> {
  let link: Awaited<ReturnType<typeof openReadSession>> | undefined;
  try {
    const signedIn = await stage('authenticate', async () => {
      link = await openReadSession(settings);
      return settings.tls ? 'Signed in over TLS; certificate and name verified.' : 'Signed in without TLS.';
    });
    if (!signedIn) return;
    await stage('list', async () => {
      const answer = await link!.query(
        'select count(*) from information_schema.tables where table_schema = database()',
      );
      return `${answer.rows[0]?.[0] ?? '0'} tables and views can be seen.`;
    });
    await stage('settings', async () => {
      const answer = await link!.query('select version(), @@global.local_infile');
      const [version, infile] = answer.rows[0] ?? [];
      const way = infile === '1' ? 'LOAD DATA' : 'multi-row INSERT (local_infile is off)';
      return `${version}; as a target it is written by ${way}.`;
    });
  } finally {
    await link?.end();
  }
}

/** A bare TCP connection: tells an unreachable server from a refused sign-in. */
function reach(settings: Settings, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: settings.host, port: settings.port, signal });
    socket.setTimeout(10_000, () =>
      socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
    );
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve(`${settings.host}:${settings.port} answers.`);
    });
  });
}

import { randomBytes } from 'node:crypto';
import type { DataSourceConfig } from '@sluice/connector-sdk';
import aws4 from 'aws4';

/** A new bucket of the server that the tests run with. */
export interface TestBucket {
  readonly config: DataSourceConfig;
  put(key: string, content: Buffer): Promise<void>;
  remove(key: string): Promise<void>;
}

export async function testBucket(): Promise<TestBucket> {
  const { protocol, host, username, password } = new URL(process.env['SLUICE_TEST_S3'] ?? '');
  const bucket = `t-${randomBytes(6).toString('hex')}`;
  const send = async (method: string, key: string, body?: Buffer): Promise<void> => {
    const path = `/${[bucket, ...(key === '' ? [] : key.split('/'))].map(encodeURIComponent).join('/')}`;
    const { headers } = aws4.sign(
      { service: 's3', region: 'us-east-1', method, host, path, ...(body === undefined ? {} : { body }) },
      { accessKeyId: username, secretAccessKey: password },
    );
    const answer = await fetch(`${protocol}//${host}${path}`, {
      method,
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
  await send('PUT', '');
  return {
    config: {
      endpoint: `${protocol}//${host}`,
      bucket,
      prefix: 'a b',
      accessKeyId: username,
      secretAccessKey: password,
    },
    put: (key, content) => send('PUT', `a b/${key}`, content),
    remove: (key) => send('DELETE', `a b/${key}`),
  };
}

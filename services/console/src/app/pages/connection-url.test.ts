import type { ConnectorSpec } from '@sluice/model';
import { expect, it } from 'vitest';
import { readUrl } from './connection-url.ts';

const field = (type: 'string' | 'integer') => ({ type, title: 'A field' }) as const;
const spec = (
  name: string,
  schemes: readonly string[],
  properties: Readonly<Record<string, ReturnType<typeof field>>>,
): ConnectorSpec => ({
  name,
  title: name,
  schemes,
  dataSource: { type: 'object', properties, additionalProperties: false },
  capabilities: {
    modes: ['full'],
    splittable: true,
    resumable: true,
    writeModes: ['insert'],
    guarantee: 'exactly-once',
    projects: true,
  },
});
const text = field('string');
const KNOWN = [
  spec('server', ['server', 'srv'], {
    host: text,
    port: field('integer'),
    database: text,
    user: text,
    password: text,
    ssl: text,
  }),
  spec('file', ['file'], { path: text }),
];

it('fills the fields that a connector has from a URL, with escapes read', () => {
  expect(readUrl(' srv://me:p%40ss@db.example:3307/shop?ssl=verify-full&unknown=1 ', KNOWN)).toEqual({
    connector: 'server',
    config: {
      host: 'db.example',
      port: 3307,
      database: 'shop',
      user: 'me',
      password: 'p@ss',
      ssl: 'verify-full',
    },
  });
  expect(readUrl('server://db/shop', KNOWN)?.config).toEqual({ host: 'db', database: 'shop' });
});

it('takes what stands behind the scheme of a file as its path', () => {
  expect(readUrl('file:/data/shop.db', KNOWN)?.config).toEqual({ path: '/data/shop.db' });
  expect(readUrl('file:///data/shop.db', KNOWN)?.config).toEqual({ path: '/data/shop.db' });
});

it('says that it knows nothing of other texts', () => {
  expect(
    ['', 'shop.db', 'other://host/db', 'server://'].map((one) => readUrl(one, KNOWN)?.connector),
  ).toEqual([undefined, undefined, undefined, undefined]);
});

import { expect, it } from 'vitest';
import { looksSecret } from './preview.ts';

it('masks columns whose names say that they hold secrets, in any spelling, and no others', () => {
  const secret = [
    'password',
    'user_passwd',
    'PWD',
    'apiKey',
    'API_KEY',
    'access-token',
    'client secret',
    'card_cvv',
  ];
  const plain = ['id', 'passenger', 'tokenized_at_count', 'pinned', 'key', 'compass', 'secretary', 'spin'];
  expect([...secret, ...plain].filter(looksSecret)).toEqual(secret);
});

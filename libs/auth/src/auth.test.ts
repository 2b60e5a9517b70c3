import { chmodSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  hashSecret,
  loadKeyFile,
  newAccessKey,
  parseAccessKey,
  Redactor,
  refuseWeak,
  SecretBox,
  verifySecret,
} from './index.ts';

const place = { workspace: 'w', dataSource: 'd', field: 'password' };

describe('access keys', () => {
  it('verify against a hash and are refused when one character differs', () => {
    const key = newAccessKey();
    const parsed = parseAccessKey(key.text)!;
    expect(verifySecret(parsed.secret, hashSecret(key.secret))).toBe(true);
    const other = key.text.slice(0, -8) + (key.text.at(-8) === 'A' ? 'B' : 'A') + key.text.slice(-7);
    expect(parseAccessKey(other)).toBeUndefined();
    expect(verifySecret(newAccessKey().secret, hashSecret(key.secret))).toBe(false);
  });
});

describe('the secret box', () => {
  it('opens a secret in its own place only, with its own key only, and unchanged only', () => {
    const box = new SecretBox(Buffer.alloc(32, 1));
    const blob = box.seal('päss', place);
    expect(box.open(blob, place)).toBe('päss');
    expect(() => box.open(blob, { ...place, dataSource: 'e' })).toThrow(/SLUICE_AUTH_SECRET/);
    expect(() => new SecretBox(Buffer.alloc(32, 2)).open(blob, place)).toThrow(/another key/);
    const bytes = Buffer.from(blob, 'base64');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = changed[i]! ^ 1;
      expect(() => box.open(changed.toString('base64'), place)).toThrow(/SLUICE_AUTH_SECRET/);
    }
  });

  it('gives two different blobs for the same secret', () => {
    const box = new SecretBox(Buffer.alloc(32, 1));
    expect(box.seal('same', place)).not.toBe(box.seal('same', place));
  });
});

describe('a key file', () => {
  it('is made once, for its owner only, and never silently', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-key-')), 'key');
    expect(() => loadKeyFile(path, false)).toThrow(/SLUICE_AUTH_SECRET/);
    const key = loadKeyFile(path, true);
    expect(key).toHaveLength(32);
    expect(loadKeyFile(path, true).equals(key)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    chmodSync(path, 0o644);
    expect(() => loadKeyFile(path, false)).toThrow(/Others may read/);
  });
});

describe('the redactor', () => {
  it('replaces a secret in every form it may leave in', () => {
    const redactor = new Redactor();
    redactor.add('s3cr$t/x "y"');
    const said = [
      's3cr$t/x "y"',
      encodeURIComponent('s3cr$t/x "y"'),
      Buffer.from('s3cr$t/x "y"').toString('base64'),
    ];
    for (const form of [...said, JSON.stringify('s3cr$t/x "y"')])
      expect(redactor.redact(`a ${form} b`)).toMatch(/^a "?\*\*\*"? b$/);
  });
});

describe('a secret of the installation', () => {
  it('is refused when it stands in examples, repeats itself or is short, and is not repeated in the error', () => {
    for (const weak of [
      'changeme',
      'change-me-change-me-change-me',
      'sluice123',
      '0'.repeat(64),
      'ab12'.repeat(16),
      'kT9x-q4Zp',
    ])
      expect(() => refuseWeak(weak, 'SLUICE_TOKEN')).toThrow(
        expect.objectContaining({
          code: 'SLUICE_AUTH_SECRET',
          place: 'SLUICE_TOKEN',
          detail: expect.not.stringContaining(weak),
        }),
      );
    expect(() => refuseWeak(newAccessKey().secret, 'SLUICE_TOKEN')).not.toThrow();
  });

  it('that is a key file of zeros is refused', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'sluice-key-')), 'key');
    writeFileSync(path, '0'.repeat(64), { mode: 0o600 });
    expect(() => loadKeyFile(path, false)).toThrow(/repeats itself/);
  });
});

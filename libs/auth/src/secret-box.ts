import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { SluiceError } from '@sluice/model';

/** Where a secret belongs: it opens nowhere else (S-21). */
export interface SecretPlace {
  readonly workspace: string;
  readonly dataSource: string;
  readonly field: string;
}

const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const KEY = 32;

/**
 * Envelope encryption: each secret under a random key of its own (AES-256-GCM), that key under the key-encryption key. A
 * blob is base64 of version, 8 bytes that name the key-encryption key, wrapped key, secret.
 */
export class SecretBox {
  readonly #key: Buffer;
  readonly #keyId: Buffer;

  /** @param key 32 bytes */
  constructor(key: Buffer) {
    if (key.length !== KEY)
      throw new SluiceError('SLUICE_AUTH_SECRET', 'The key file does not hold 32 bytes.');
    this.#key = key;
    this.#keyId = createHash('sha256').update(key).digest().subarray(0, 8);
  }

  seal(plain: string, place: SecretPlace): string {
    const own = randomBytes(KEY);
    const wrapped = encrypt(this.#key, own, 'key');
    const body = encrypt(own, Buffer.from(plain), textOf(place));
    return Buffer.concat([Buffer.from([VERSION]), this.#keyId, wrapped, body]).toString('base64');
  }

  /** Throws SLUICE_AUTH_SECRET for another key, another place or a changed blob. */
  open(blob: string, place: SecretPlace): string {
    const bytes = Buffer.from(blob, 'base64');
    const wrappedEnd = 9 + NONCE + KEY + TAG;
    if (bytes[0] !== VERSION || bytes.length < wrappedEnd + NONCE + TAG)
      throw new SluiceError('SLUICE_AUTH_SECRET', 'The stored secret is damaged.');
    if (!bytes.subarray(1, 9).equals(this.#keyId))
      throw new SluiceError('SLUICE_AUTH_SECRET', 'The secret was encrypted with another key file.');
    const own = decrypt(this.#key, bytes.subarray(9, wrappedEnd), 'key');
    return decrypt(own, bytes.subarray(wrappedEnd), textOf(place)).toString();
  }
}

function textOf(place: SecretPlace): string {
  return JSON.stringify([place.workspace, place.dataSource, place.field]);
}

function encrypt(key: Buffer, plain: Buffer, about: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, bytes: Buffer, about: string): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE)).setAAD(
      Buffer.from(about),
    );
    decipher.setAuthTag(bytes.subarray(-TAG));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
  } catch (cause) {
    throw new SluiceError('SLUICE_AUTH_SECRET', { detail: 'The stored secret does not open here.', cause });
  }
}

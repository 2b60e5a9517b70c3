import { PLAIN_PASSWORDS } from '@sluice/connector-sdk';
import { SluiceError } from '@sluice/model';
import type { Client } from 'pg';
import type { Side } from './errors.ts';

/** What pg does when a server asks for the password itself, or for a hash that is as good as it. */
interface Answering {
  _handleAuthCleartextPassword(message: unknown): void;
  _handleAuthMD5Password(message: unknown): void;
}

/**
 * Without TLS any server on the way could ask for the password in clear, or for its MD5, which can be found by trying: neither is sent (S-33).
 * SCRAM shows nothing to whoever does not know it already.
 */
export function refusePlainPasswords(client: Client, side: Side): void {
  if (process.env[PLAIN_PASSWORDS] === 'allow') return;
  const refuse = (how: string) => (): void => {
    const error = new SluiceError(side === 'source' ? 'SLUICE_SRC_AUTH' : 'SLUICE_TGT_AUTH', {
      detail: `The server asks for the password ${how} on a connection without TLS; it was not sent.`,
      hint: `Set ssl to verify-full, let the server use scram-sha-256, or set ${PLAIN_PASSWORDS}=allow for the workers.`,
    });
    (
      client as unknown as { connection: { stream: { destroy(error: Error): void } } }
    ).connection.stream.destroy(error);
  };
  const answering = client as unknown as Answering;
  answering._handleAuthCleartextPassword = refuse('in clear');
  answering._handleAuthMD5Password = refuse('as MD5');
}

import { PLAIN_PASSWORDS } from '@sluice/connector-sdk';
import { authPlugins, type AuthPlugin } from 'mysql2';

/** What each plugin says when it wants the key of the server, to send the password encrypted with it. */
const KEY_REQUESTS = [
  ['caching_sha2_password', 2],
  ['sha256_password', 1],
] as const;

/**
 * Without TLS these plugins send the password encrypted with whatever key the server hands out: anybody on the way hands out his own. So the
 * key is not even asked for (S-33). A sign-in that needs none, because the server knows the password already or uses
 * mysql_native_password, goes on. The operator can take this back (`PLAIN_PASSWORDS`).
 */
export function passwordPlugins(): Record<string, AuthPlugin> {
  if (process.env[PLAIN_PASSWORDS] === 'allow') return {};
  return Object.fromEntries(
    KEY_REQUESTS.map(([name, request]) => [name, withoutKeys(authPlugins[name](), request)]),
  );
}

function withoutKeys(plugin: AuthPlugin, request: number): AuthPlugin {
  return (of) => {
    const answer = plugin(of);
    return async (data) => {
      const said: unknown = await answer(data);
      if (Buffer.isBuffer(said) && said.length === 1 && said[0] === request)
        throw new Error(
          `The server wants the password itself on a connection without TLS; it was not sent. Set ssl to verify-full, or ${PLAIN_PASSWORDS}=allow for the workers.`,
        );
      return said as Buffer;
    };
  };
}

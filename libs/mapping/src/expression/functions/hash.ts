import { createHmac, hash } from 'node:crypto';
import { apply, constantTerm, ExpressionError, STRING, type Term } from '../term.ts';
import { type Call, type FunctionSpec, oneOf, specify, table, written } from './signature.ts';

/** Digests as hex in lower case; of a text the UTF-8 bytes. Null stays null. */
export const HASHES = table([
  digest('md5(value)', 'md5'),
  digest('sha1(value)', 'sha1'),
  digest('sha256(value)', 'sha256'),
  digest('sha512(value)', 'sha512'),
  specify('hmacSha256(value, secret)', ([x, key], call) => {
    if (key!.type.name !== 'secret')
      throw new ExpressionError(
        "The key is a secret of the workspace, by name: hmacSha256(x, secret('name')).",
        key!,
      );
    const secret = key!.constant!.value as string;
    return apply(call, STRING, [hashed(x!, call)], (value: string | Buffer) =>
      createHmac('sha256', secret).update(value).digest('hex'),
    );
  }),
  specify('secret(name)', ([x], call) => {
    const name = written(x, '', STRING, call);
    const value = call.scope.secret(name);
    if (value === undefined)
      throw new ExpressionError(`The workspace has no secret ${name}: sluice secret set ${name}.`, call);
    return constantTerm({ name: 'secret' }, value, call);
  }),
]);

function digest(usage: string, algorithm: string): FunctionSpec {
  return specify(usage, ([x], call) =>
    apply(call, STRING, [hashed(x!, call)], (value: string | Buffer) => hash(algorithm, value, 'hex')),
  );
}

function hashed(x: Term, call: Call): Term {
  if (['string', 'bytes', 'null'].includes(x.type.name)) return oneOf(x, ['string', 'bytes'], call);
  throw new ExpressionError(
    `${call.usage} takes a text or bytes: write string(x), so that its form is said.`,
    x,
  );
}

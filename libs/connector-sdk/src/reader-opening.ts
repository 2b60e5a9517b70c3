import { type RowSchema, SluiceError } from '@sluice/model';
import type { Parameters } from './connector.ts';
import type { Reader } from './reader.ts';
import { readerParts } from './reader-parts.ts';
import { agreedSchema, type NamedSchema, ShardedReader } from './sharded-reader.ts';

/** A reader of all that the parameters name, from one that reads a single table or query. */
export function openParts(parameters: Parameters, open: (own: Parameters) => Reader): Reader {
  const parts = readerParts(parameters);
  const [only] = parts;
  if (parts.length === 1 && parameters['tables'] === undefined) return open(only!.parameters);
  return new ShardedReader(parts.map(({ name, parameters: own }) => ({ name, open: async () => open(own) })));
}

/** The columns of all that the parameters name; undefined: the only table is not there. Throws SLUICE_SRC_TABLE for one of several. */
export async function describeParts(
  parameters: Parameters,
  describe: (own: Parameters) => Promise<RowSchema | undefined>,
): Promise<RowSchema | undefined> {
  const parts = readerParts(parameters);
  const found: NamedSchema[] = [];
  for (const { name, parameters: own } of parts) {
    const schema = await describe(own);
    if (schema !== undefined) found.push({ name, schema });
    else if (parts.length === 1) return undefined;
    else throw new SluiceError('SLUICE_SRC_TABLE', { detail: `There is no table ${name}.`, place: name });
  }
  return agreedSchema(found);
}

import { readFileSync } from 'node:fs';
import { type FieldFault, SluiceError } from '@sluice/model';
import {
  type Imported,
  importScript,
  type JsonSchema,
  type Problem,
  type Surroundings,
} from '@sluice/script';

const SCHEMA = new URL('../../../schemas/task.schema.json', import.meta.url);

/** Reads a script of any dialect. Specs of connectors are loaded for those dialects only: our own documents are judged by the server. */
export async function readScript(
  text: string,
  options: { readonly strict?: boolean } = {},
): Promise<Imported> {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as JsonSchema;
  const found = importScript(text, { ...options, schema, connector: () => undefined });
  if (found.dialect === undefined || found.dialect === 'sluice') return found;
  return importScript(text, { ...options, ...(await surroundings(schema)) });
}

async function surroundings(schema: JsonSchema): Promise<Surroundings> {
  const { connectorNames, loadConnector } = await import('@sluice/connectors');
  const specs = await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return { schema, connector: (name) => byName.get(name) };
}

/** What is wrong with a script, with file, line and column; undefined: nothing that stands against it. */
export function scriptFault(path: string, { problems }: Imported): SluiceError | undefined {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return undefined;
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail: errors.map(({ cause }) => cause).join(' '),
    hint: errors.length === 1 ? first.remedy : 'Correct the named places.',
    fields: errors.map((problem): FieldFault => {
      const { cause, code, remedy } = problem;
      return { pointer: placed(path, problem), detail: cause, code, hint: remedy };
    }),
  });
}

/** `orders.json:3:12 /reader`: what an editor opens, and what a person reads. */
export function placed(
  path: string,
  { line, column, pointer }: Pick<Problem, 'line' | 'column' | 'pointer'>,
): string {
  return `${path === '-' ? 'stdin' : path}:${line}:${column}${pointer === '' ? '' : ` ${pointer}`}`;
}

import { readFileSync } from 'node:fs';
import { connectorNames, loadConnector } from '@sluice/connectors';
import { type FieldFault, SluiceError } from '@sluice/model';
import type { Imported, JsonSchema, Problem, Surroundings } from '@sluice/script';

let known: Promise<Surroundings> | undefined;

/** What the script library must be told: the schema of task documents and the specs of all connectors. Loaded once, when it is needed. */
export function scriptSurroundings(): Promise<Surroundings> {
  return (known ??= load());
}

async function load(): Promise<Surroundings> {
  const file = new URL('../../../schemas/task.schema.json', import.meta.url);
  const schema = JSON.parse(readFileSync(file, 'utf8')) as JsonSchema;
  const specs = await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  return { schema, connector: (name) => byName.get(name) };
}

/** Errors of a script as one error of the API, each with its place in the text. */
export function scriptError({ problems }: Pick<Imported, 'problems'>): SluiceError {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail: errors.map(({ line, cause }) => `Line ${line}: ${cause}`).join(' '),
    fields: errors.map(fieldOf),
    ...(first === undefined ? {} : { hint: first.remedy }),
  });
}

function fieldOf({ pointer, cause, code, remedy, line, column }: Problem): FieldFault {
  return { pointer, detail: cause, code, hint: remedy, line, column };
}

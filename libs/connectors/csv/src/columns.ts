import type { Parameters } from '@sluice/connector-sdk';
import { declaredColumn } from '@sluice/file-kit';
import { type Column, SluiceError } from '@sluice/model';

/** A column as the parameters name it: by its place in the record, else by its name in the header, else in order. */
export interface NamedField {
  readonly name: string;
  readonly index?: number;
  readonly type?: string;
}

/** The parameter `columns`: names, or objects with `name`, `index`, `type`. */
export function namedFields(parameters: Parameters): readonly NamedField[] | undefined {
  const given = parameters['columns'] as readonly unknown[] | undefined;
  if (given === undefined || given.length === 0) return undefined;
  const types = typesOf(parameters);
  const fields = given.map((each, i) => fieldOf(each, i));
  const names = new Set<string>();
  for (const { name } of fields) {
    if (names.has(name)) throw invalid(`Column ${name} is named twice.`);
    names.add(name);
  }
  return fields.map((field) => {
    const type = field.type ?? types[field.name];
    return type === undefined ? field : { ...field, type };
  });
}

function fieldOf(given: unknown, at: number): NamedField {
  if (typeof given === 'string') return { name: given };
  const { name, index, type, ...rest } = (given ?? {}) as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw invalid(`A column has name, index and type, but no ${unknown}.`, at);
  if (index !== undefined && !(Number.isInteger(index) && (index as number) >= 0))
    throw invalid('The index of a column is a whole number from 0.', at);
  if (name === undefined && index === undefined) throw invalid('A column needs a name or an index.', at);
  return {
    name: name === undefined ? positional(index as number) : String(name),
    ...(index === undefined ? {} : { index: index as number }),
    ...(type === undefined ? {} : { type: String(type) }),
  };
}

/** Name of a field that has none. */
export function positional(index: number): string {
  return `column_${index + 1}`;
}

/** The parameter `types`: column name -> type. */
export function typesOf(parameters: Parameters): Readonly<Record<string, string>> {
  const given = (parameters['types'] ?? {}) as Record<string, unknown>;
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(given).map(([name, type]) => [name, String(type)])),
  ) as Record<string, string>;
}

/** Columns with their declared types; texts where none is declared. */
export function columnsOf(names: readonly string[], parameters: Parameters): Column[] {
  const fields = new Map(namedFields(parameters)?.map((field) => [field.name, field]));
  const types = typesOf(parameters);
  return names.map((name) => declaredColumn(name, fields.get(name)?.type ?? types[name]));
}

/** A type for a column that the files do not have would be a silent mistake. */
export function checkTypes(names: readonly string[], parameters: Parameters): void {
  const known = new Set(names);
  for (const name of Object.keys(typesOf(parameters)))
    if (!known.has(name))
      throw new SluiceError('SLUICE_SRC_COLUMN', {
        detail: `There is no column ${name} for the type in the parameters.`,
        place: name,
      });
}

function invalid(detail: string, at?: number): SluiceError {
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail,
    place: at === undefined ? '/columns' : `/columns/${at}`,
  });
}

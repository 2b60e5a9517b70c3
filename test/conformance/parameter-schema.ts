import type { ParameterProperty, ParameterSchema } from '@sluice/model';

const TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object'];
const WORDS = new Set([
  'type',
  'title',
  'description',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'items',
  'secret',
  'identity',
  'group',
]);

/** What is wrong with a schema of parameters (libs/model/src/connector-spec.ts); empty: it is one. */
export function schemaFaults(schema: ParameterSchema): string[] {
  const faults: string[] = [];
  if (schema.type !== 'object') faults.push('it is not of type object');
  if (schema.additionalProperties !== false) faults.push('it allows fields that it does not name');
  for (const key of Object.keys(schema))
    if (!['type', 'properties', 'required', 'oneOf', 'additionalProperties'].includes(key))
      faults.push(`${key} is no word of the subset`);
  const ways = schema.oneOf?.map(({ required }) => required);
  if (ways !== undefined && ways.length < 2) faults.push('one way is no choice');
  for (const name of [...(schema.required ?? []), ...(ways ?? []).flat()])
    if (!Object.hasOwn(schema.properties, name)) faults.push(`${name} is required and not there`);
  for (const [name, property] of Object.entries(schema.properties))
    faults.push(...propertyFaults(property).map((fault) => `${name}: ${fault}`));
  return faults;
}

function propertyFaults(property: ParameterProperty): string[] {
  const faults: string[] = [];
  const { type, title, minimum, maximum, minLength, items, secret } = property;
  const isNumber = type === 'integer' || type === 'number';
  for (const key of Object.keys(property))
    if (!WORDS.has(key)) faults.push(`${key} is no word of the subset`);
  if (!TYPES.includes(type)) faults.push(`there is no type ${type}`);
  if (typeof title !== 'string' || title.trim() === '') faults.push('it has no title');
  if ((minimum !== undefined || maximum !== undefined) && !isNumber) faults.push('only numbers have bounds');
  if (minimum !== undefined && maximum !== undefined && minimum > maximum)
    faults.push('its bounds are crossed');
  if (minLength !== undefined && type !== 'string') faults.push('only texts have a length');
  if ((items === undefined) === (type === 'array'))
    faults.push('a list, and nothing else, says what it is of');
  if (property.enum?.length === 0) faults.push('nothing is allowed');
  for (const value of property.enum ?? []) if (!fits(property, value)) faults.push(`${value} does not fit`);
  if (property.default !== undefined && !fits(property, property.default))
    faults.push('its default does not fit');
  if (secret === true && (type !== 'string' || property.default !== undefined || property.enum !== undefined))
    faults.push('a secret is a text that nobody knows beforehand');
  return faults;
}

function fits(property: ParameterProperty, value: unknown): boolean {
  const { type, minimum = -Infinity, maximum = Infinity, minLength = 0 } = property;
  if (property.enum !== undefined && !property.enum.includes(value as string)) return false;
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer' || type === 'number')
    return (
      typeof value === 'number' &&
      (type === 'number' || Number.isSafeInteger(value)) &&
      value >= minimum &&
      value <= maximum
    );
  if (type === 'string') return typeof value === 'string' && value.length >= minLength;
  return typeof value === type && value !== null;
}

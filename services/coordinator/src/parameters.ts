import { type ParameterProperty, type ParameterSchema, SluiceError } from '@sluice/model';
import { nearest } from '@sluice/script/nearest';

interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** Checks values against a connector's spec. Throws SLUICE_CFG_INVALID that names every field at fault. */
export function validateParameters(
  schema: ParameterSchema,
  values: Readonly<Record<string, unknown>>,
  at: string,
): void {
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(values)) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) {
      const near = nearest(name, Object.keys(schema.properties));
      faults.push({
        pointer: `${at}/${name}`,
        detail: `There is no field ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      });
    } else {
      const detail = misfit(property, value);
      if (detail !== undefined) faults.push({ pointer: `${at}/${name}`, detail });
    }
  }
  for (const name of schema.required ?? [])
    if (values[name] === undefined)
      faults.push({ pointer: `${at}/${name}`, detail: `The field ${name} is required.` });
  faults.push(...choiceFaults(schema, values, at));
  if (faults.length > 0)
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: faults.map((fault) => fault.detail).join(' '),
      fields: faults,
    });
}

/** Of several ways exactly one is to be given. */
function choiceFaults(
  { oneOf = [] }: ParameterSchema,
  values: Readonly<Record<string, unknown>>,
  at: string,
): Fault[] {
  const ways = oneOf.map(({ required }) => required);
  const [given, ...others] = ways.filter((way) => way.every((name) => values[name] !== undefined));
  const names = ways.map((way) => way.join(' and ')).join(', ');
  if (ways.length > 0 && given === undefined)
    return [
      { pointer: `${at}/${ways[0]![0]}`, detail: `Exactly one of ${names} is needed, and none is there.` },
    ];
  return others.map((way) => ({
    pointer: `${at}/${way[0]}`,
    detail: `Both ${given![0]} and ${way[0]} are given: keep one of them.`,
  }));
}

function misfit(property: ParameterProperty, value: unknown): string | undefined {
  const { type, title } = property;
  const fits =
    type === 'integer'
      ? Number.isInteger(value)
      : type === 'array'
        ? Array.isArray(value)
        : typeof value === type && value !== null;
  if (!fits) return `${title} must be of type ${type}.`;
  if (property.enum !== undefined && !property.enum.includes(value as string))
    return `${title} must be one of ${property.enum.join(', ')}.`;
  if (typeof value === 'number') {
    if (property.minimum !== undefined && value < property.minimum)
      return `${title} must be at least ${property.minimum}.`;
    if (property.maximum !== undefined && value > property.maximum)
      return `${title} must be at most ${property.maximum}.`;
  }
  if (typeof value === 'string' && value.length < (property.minLength ?? 0))
    return `${title} must not be empty.`;
  return undefined;
}

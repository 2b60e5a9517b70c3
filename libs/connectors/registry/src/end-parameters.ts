import { type ConnectorSpec, type ParameterProperty, SluiceError } from '@sluice/model';
import type { ParsedEnd } from './end-url.ts';

/** The parameters of a reader or writer that one end of `sluice copy` asks for. Throws SLUICE_CFG_URL. */
export function endParameters(
  end: ParsedEnd,
  spec: ConnectorSpec,
  side: 'reader' | 'writer',
): Record<string, unknown> {
  if (end.path === undefined) return { table: end.table };
  const properties = spec[side]?.properties ?? {};
  const parameters: Record<string, unknown> = { path: end.path };
  for (const [given, text] of Object.entries(end.options ?? {})) {
    // `types.id=long` is the entry `id` of the object `types`.
    const dot = given.indexOf('.');
    const name = dot < 0 ? given : given.slice(0, dot);
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined || name === 'path' || dot >= 0 !== (property.type === 'object'))
      throw new SluiceError('SLUICE_CFG_URL', {
        detail: `There is no parameter ${given}.`,
        hint: `Parameters are ${Object.keys(properties)
          .filter((known) => known !== 'path')
          .join(', ')}.`,
      });
    if (dot < 0) parameters[name] = valueOf(name, property, text);
    else parameters[name] = { ...(parameters[name] as object | undefined), [given.slice(dot + 1)]: text };
  }
  return parameters;
}

function valueOf(name: string, property: ParameterProperty, text: string): unknown {
  const refuse = (what: string): SluiceError =>
    new SluiceError('SLUICE_CFG_URL', { detail: `The parameter ${name} is ${what}.`, hint: property.title });
  switch (property.type) {
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw refuse('true or false');
      return text === 'true';
    case 'integer':
    case 'number': {
      const value = Number(text);
      const isFit =
        text !== '' && (property.type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value));
      if (!isFit || value < (property.minimum ?? -Infinity)) throw refuse('a number that is large enough');
      return value;
    }
    case 'array':
      return text.split(',');
    default:
      if (property.enum !== undefined && !property.enum.includes(text))
        throw refuse(`one of ${property.enum.join(', ')}`);
      return text;
  }
}

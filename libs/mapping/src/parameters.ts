import { type Scalar, SluiceError } from '@sluice/model';
import { nearestOf } from './column-lookup.ts';
import { interpolate } from './expression/source-text.ts';

/** Parameters by name. */
export type ParameterValues = Readonly<Record<string, Scalar>>;

const ALONE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/**
 * What a run's parameters are: those that the document declares, with the values that the start gives. A text is taken for the type
 * of the declared value, so that a command line can give it. Throws SLUICE_CFG_INVALID, with the parameter, for one that nobody
 * declares and for a value of another type.
 */
export function effectiveParameters(
  declared: ParameterValues = {},
  given: ParameterValues = {},
): ParameterValues {
  const effective: Record<string, Scalar> = { ...declared };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(declared, name)) {
      const near = nearestOf(Object.keys(declared), name);
      throw refused(
        name,
        `The task declares no parameter ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      );
    }
    effective[name] = typed(name, declared[name]!, value);
  }
  return effective;
}

function typed(name: string, declared: Scalar, given: Scalar): Scalar {
  if (typeof given === 'string' && !given.isWellFormed())
    throw refused(name, `Parameter ${name} holds half of a character.`);
  if (declared === null || given === null || typeof declared === typeof given) return given;
  if (typeof declared === 'string') return String(given);
  if (typeof given === 'string') {
    if (typeof declared === 'boolean' && /^(true|false)$/.test(given)) return given === 'true';
    const number = Number(given);
    if (typeof declared === 'number' && given.trim() !== '' && Number.isFinite(number)) return number;
  }
  throw refused(name, `Parameter ${name} is a ${typeof declared}, as its value in the task is.`);
}

function refused(name: string, detail: string): SluiceError {
  const pointer = `/parameters/${name}`;
  return new SluiceError('SLUICE_CFG_INVALID', { detail, fields: [{ pointer, detail }] });
}

/**
 * A constant with its parameters put in: `${name}` alone keeps the parameter's type, within a text it is its text.
 * @param unknown called with each name that there is no parameter of
 */
export function withParameters(
  constant: Scalar,
  parameters: ParameterValues,
  unknown: (name: string) => void,
): Scalar {
  if (typeof constant !== 'string' || !constant.includes('${')) return constant;
  const valueOf = (name: string): Scalar => {
    if (Object.hasOwn(parameters, name)) return parameters[name]!;
    unknown(name);
    return null;
  };
  const alone = ALONE.exec(constant)?.[1];
  if (alone !== undefined) return valueOf(alone);
  return interpolate(constant, (name) => String(valueOf(name) ?? ''));
}

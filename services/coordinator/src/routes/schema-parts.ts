export type Json = Readonly<Record<string, unknown>>;

export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const arrayOf = (items: Json): Json => ({ type: 'array', items });

export const TEXT: Json = { type: 'string' };
export const COUNT: Json = { type: 'integer', minimum: 0 };
export const WHOLE: Json = { type: 'integer' };
export const TRUTH: Json = { type: 'boolean' };
export const TIME: Json = { type: 'integer', description: 'Milliseconds since 1970.' };
/** The order of a map's entries means nothing. */
export const mapOf = (of: Json): Json => ({ type: 'object', additionalProperties: of });
export const ANYTHING: Json = { type: 'object' };

/** An object; what is not named in `optional` is always there. */
export function object(
  required: Readonly<Record<string, Json>>,
  optional: Readonly<Record<string, Json>> = {},
): Json {
  return { type: 'object', properties: { ...required, ...optional }, required: Object.keys(required) };
}

/** Where something stands in a text that was sent. */
export const PLACE = (what: string): Json => ({
  type: 'integer',
  minimum: 1,
  description: `${what} of the text, from 1.`,
});

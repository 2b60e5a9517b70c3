import { type Json, type Member, type Node } from '../syntax/node.ts';
import { trimmed } from '../syntax/json-text.ts';
import { TEXT, TEXTS, whole } from './conversions.ts';
import type { Draft } from './draft.ts';
import { itemsOf, objectOf } from './envelope.ts';
import type { Keys } from './reading.ts';

/** Transformers of DataX, in their order. They name a column of the record; ours name one of the source row. */
export function importTransformers(draft: Draft, member: Member | undefined): void {
  if (member === undefined) return;
  const { reading } = draft;
  const items = itemsOf(member.value).filter((node) => node.kind === 'object');
  if (items.length === 0) return draft.saysNothing(member, undefined);
  const made = items.map((node, index) => {
    reading.origins.set(`/transformers/${index}`, node.start);
    return transformer(draft, reading.open(node, undefined));
  });
  draft.place(member, '/transformers', made, { keepAs: '', changesRows: true });
}

function transformer(draft: Draft, keys: Keys): Json {
  const { reading } = draft;
  const name = keys.take('name');
  const text = name === undefined ? '' : trimmed(String(reading.value(name, TEXT) ?? ''));
  if (name !== undefined) reading.mapped(name, '/transformers', text);
  if (text === '')
    reading.problem(keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: 'A transformer has no name.',
      remedy: 'Name it, e.g. dx_substr.',
    });
  const made: { [key: string]: Json } = { name: text };
  const outer = keys.take('parameter');
  if (outer !== undefined) reading.mapped(outer, '/transformers');
  const object = objectOf(reading, outer);
  if (object === undefined) return made;
  const parameter = reading.open(object, undefined);
  const index = parameter.take('columnIndex');
  const column = index === undefined ? undefined : reading.value(index, whole(0));
  if (index !== undefined && typeof column === 'number') {
    Object.assign(made, columnOf(draft, column, index.value));
    reading.mapped(index, '/transformers', made['column'] ?? column);
  }
  for (const [key, conversion] of [
    ['paras', PARAS],
    ['code', TEXT],
    ['extraPackage', TEXTS],
  ] as const) {
    const found = parameter.take(key);
    const value = found === undefined ? undefined : reading.value(found, conversion);
    if (found === undefined) continue;
    if (value === undefined) draft.saysNothing(found, undefined);
    else {
      made[key] = value;
      reading.mapped(found, '/transformers');
    }
    if (key === 'code')
      reading.problem(
        found.value,
        { code: 'SCRIPT_CODE', cause: 'The transformer runs Groovy code.' },
        found.start,
      );
  }
  return made;
}

/** Blanks count in the parameters of a transformer, and numbers are texts. */
const PARAS = {
  takes: 'a list of texts',
  read: (value: Json): Json =>
    (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((item) =>
      typeof item === 'string' ? item : JSON.stringify(item),
    ),
  write: (value: Json): Json => value,
};

/** The source column that stands at this place of the record. */
function columnOf(draft: Draft, index: number, node: Node): { readonly [key: string]: Json } {
  const mapping = draft.get('/mapping');
  if (!Array.isArray(mapping)) {
    const columns = draft.get('/reader/parameters/columns');
    const name = Array.isArray(columns) ? (columns[index] as Json | undefined) : undefined;
    return typeof name === 'string' ? { column: name } : { columnIndex: index };
  }
  const fields = mapping as readonly { readonly [key: string]: Json }[];
  const field = fields[index];
  const same = fields.filter(
    (one) => field !== undefined && one['from'] === field['from'] && one['position'] === field['position'],
  );
  const problem = (cause: string): void =>
    draft.reading.problem(node, {
      code: 'SCRIPT_COLUMN',
      cause,
      remedy: 'Correct columnIndex, or use a computed column of the mapping.',
    });
  if (field === undefined) problem(`The record has no column ${index}: it has ${fields.length}.`);
  else if (field['constant'] !== undefined)
    problem(`Column ${index} is a constant, which a transformer cannot change.`);
  else if (same.length > 1)
    problem(`Column ${index} is read more than once, and the transformer would change each.`);
  if (typeof field?.['from'] === 'string') return { column: field['from'] };
  return { columnIndex: typeof field?.['position'] === 'number' ? field['position'] : index };
}

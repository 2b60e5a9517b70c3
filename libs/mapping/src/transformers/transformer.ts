import type { Column, RowSchema } from '@sluice/model';
import type { SourceRow } from '../source-row.ts';
import { dataxText } from './column-text.ts';
import { rowTest } from './dx-filter.ts';
import { digest, pad, replace, substr, type TextTransformer } from './dx-text.ts';

/** A transformer with its column found; plain data. */
export interface ResolvedTransformer {
  readonly name: string;
  /** Source column, exactly as the source spells it. */
  readonly column: string;
  readonly paras: readonly string[];
  /** JSON pointer into the task document. */
  readonly pointer: string;
}

/** One step over a row; false: the row is dropped. Throws TransformFailure. */
export type Transform = (row: SourceRow) => boolean;

const TEXTS: Readonly<Record<string, TextTransformer>> = {
  dx_substr: substr,
  dx_pad: pad,
  dx_replace: replace,
  dx_digest: digest,
};

export const TRANSFORMERS: readonly string[] = [...Object.keys(TEXTS), 'dx_filter', 'dx_groovy'];

/** Whether the transformer makes its column a text. */
export function makesText(name: string): boolean {
  return Object.hasOwn(TEXTS, name);
}

/**
 * One transformer, compiled for the rows of a source. A text says what is wrong with its parameters, in words that follow its name.
 * @param replaced columns that earlier transformers have made a text of; this one's column is added when it does the same
 */
export function compileTransformer(
  { name, column, paras }: Pick<ResolvedTransformer, 'name' | 'column' | 'paras'>,
  source: RowSchema,
  replaced: Set<number>,
): Transform | string {
  const index = source.columns.findIndex((candidate) => candidate.name === column);
  const found = source.columns[index];
  if (found === undefined) return `works on the column ${column}, which the rows do not have`;
  const isText = replaced.has(index);
  if (name === 'dx_filter') {
    const test = rowTest(found, isText, paras);
    if (typeof test === 'string') return test;
    if (isText) return (row) => !test(row.replaced[index]!);
    return (row) => {
      const field = row.stand(index);
      return !test(field.isNull ? null : field);
    };
  }
  const change = TEXTS[name]!(paras);
  if (typeof change === 'string') return change;
  const read = isText ? (row: SourceRow) => row.replaced[index]! : textReader(found, index);
  replaced.add(index);
  return (row) => {
    row.replaced[index] = change(read(row));
    return true;
  };
}

function textReader(column: Column, index: number): (row: SourceRow) => string | null {
  const text = dataxText(column);
  return (row) => {
    const field = row.stand(index);
    return field.isNull ? null : text(field);
  };
}

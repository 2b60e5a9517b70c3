import { equal } from '../edit/equal.ts';
import { type Saved, save, saveText } from '../edit/save.ts';
import { type Json, type Node, toJson } from '../syntax/node.ts';
import { parseText } from '../syntax/parse.ts';
import { memberOf } from './dialects.ts';
import type { ScriptDocument } from './document.ts';
import { exportScript, type ExportOptions } from './export.ts';
import { type ImportOptions, importScript } from './import.ts';
import type { Loss } from './losses.ts';

export interface SavedScript extends Saved {
  /** What the dialect of the script cannot say. */
  readonly lost: readonly Loss[];
}

/** The script with a changed document: in its own dialect, with its comments, its order of keys and its spellings. */
export function saveScript(
  text: string,
  document: ScriptDocument,
  options: ImportOptions & ExportOptions,
): SavedScript {
  const imported = importScript(text, options);
  const { format, dialect } = imported;
  const value = document as unknown as Json;
  if (dialect === undefined || imported.document === undefined || dialect === 'sluice')
    return { ...saveText(text, value, format), lost: [] };
  const sourceOf: ExportOptions['sourceOf'] = (name) =>
    imported.dataSources.find((one) => one.name === name) ?? options.sourceOf(name);
  const [before, after] = [imported.document, document].map((one) =>
    exportScript(one, dialect, { ...options, sourceOf, format }),
  );
  const { root } = parseText(text, format);
  const saved = save(
    text,
    { before: aligned(before!.value, root), after: aligned(after!.value, root), format },
    (result) =>
      equal(
        meaning(importScript(result, options).document),
        meaning(importScript(after!.text, options).document),
      ),
  );
  return { ...saved, lost: after!.lost };
}

/** A document without what it remembers of its script. */
function meaning(document: ScriptDocument | undefined): Json {
  if (document === undefined) return null;
  const { origin: _, ...rest } = document;
  return rest as unknown as Json;
}

type Open = { readonly [key: string]: Json };

/** The value as the script lays it out: its order of steps, and `connection` where it has it. */
function aligned(value: Json, root: Node | undefined): Json {
  const script = value as Open;
  const steps = memberOf(root, 'steps')?.value;
  if (steps?.kind !== 'list' || !Array.isArray(script['steps'])) return value;
  const made = script['steps'] as readonly Open[];
  const ordered = steps.items.map((item) => {
    const written = memberOf(item, 'category')?.value;
    const category = written === undefined ? '' : String(toJson(written)).trim().toLowerCase();
    const step = made.find((one) => one['category'] === category);
    return step === undefined
      ? undefined
      : { ...step, parameter: connected(step['parameter'] as Open, memberOf(item, 'parameter')?.value) };
  });
  if (ordered.some((step) => step === undefined) || ordered.length !== made.length) return value;
  return { ...script, steps: ordered as readonly Json[] };
}

function connected(parameter: Open, written: Node | undefined): Json {
  if (memberOf(written, 'connection') === undefined || parameter['connection'] !== undefined)
    return parameter;
  const { datasource = '', table, querySql, ...others } = parameter;
  const entry = {
    datasource,
    ...(table === undefined ? {} : { table: [table] }),
    ...(querySql === undefined ? {} : { querySql }),
  };
  return { connection: [entry], ...others };
}

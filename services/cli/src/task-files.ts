import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { jsonFault, SluiceError } from '@sluice/model';

export interface TaskFile {
  readonly path: string;
  readonly name: string;
  readonly document: unknown;
}

/** Task documents of files, of all *.json of directories, or of stdin (`-`). Throws SLUICE_CFG_INVALID with file, line and column. */
export async function taskFiles(paths: readonly string[], name?: string): Promise<TaskFile[]> {
  const files = paths.flatMap((path) => (path === '-' ? [path] : filesOf(path)));
  if (name !== undefined && files.length > 1)
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: `--name is for one task, and there are ${files.length} files.`,
      place: '--name',
    });
  const tasks: TaskFile[] = [];
  for (const path of files) tasks.push(parse(path, path === '-' ? await stdin() : read(path), name));
  return tasks;
}

/** A document alone is named after its file; `{"name": ..., "document": ...}` names itself. */
function parse(path: string, text: string, name: string | undefined): TaskFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SluiceError('SLUICE_CFG_INVALID', {
      detail: 'The file is not JSON.',
      place: `${path}:${placeOf(text, cause)}`,
      hint: 'Correct the JSON there: a comma, a quote or a bracket is missing or too much.',
      cause,
    });
  }
  const whole = value as { readonly name?: unknown; readonly document?: unknown } | null;
  const isNamed = typeof whole === 'object' && whole !== null && 'document' in whole;
  const own = isNamed && typeof whole.name === 'string' ? whole.name : basename(path, extname(path));
  if (name === undefined && path === '-' && !(isNamed && typeof whole.name === 'string'))
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: 'A task document from stdin has no name.',
      place: '--name',
      hint: 'Give --name, or wrap it: {"name": "...", "document": {...}}.',
    });
  return { path, name: name ?? own, document: isNamed ? whole.document : value };
}

function placeOf(text: string, cause: unknown): string {
  const { line, column } = jsonFault(text, cause);
  return `${line}:${column}`;
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): SluiceError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  return new SluiceError(code === 'ENOENT' ? 'SLUICE_CFG_NOT_FOUND' : 'SLUICE_CFG_INVALID', {
    detail: `The file cannot be read (${code}).`,
    place: path,
    hint: 'Name a task document: a JSON file, a directory of them, or - for stdin.',
    cause,
  });
}

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

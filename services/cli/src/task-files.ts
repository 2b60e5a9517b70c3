import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { SluiceError } from '@sluice/model';
import { note } from './output.ts';

export interface TaskFile {
  readonly path: string;
  readonly name: string;
  readonly document: unknown;
  /** Remarks that stand against nothing. */
  readonly warnings: readonly string[];
  /** `path:line:column pointer` of a place in the document. */
  at(pointer: string): string;
}

/** Names of files that hold tasks. */
const TASK_FILE = /\.(json|jsonc|ya?ml)$/;

/**
 * Task documents of files, of all task files of directories, or of stdin (`-`), in any dialect. Throws SLUICE_CFG_INVALID with file,
 * line and column of everything that is wrong.
 */
export async function taskFiles(paths: readonly string[], name?: string): Promise<TaskFile[]> {
  const files = paths.flatMap((path) => (path === '-' ? [path] : filesOf(path)));
  if (name !== undefined && files.length > 1)
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: `--name is for one task, and there are ${files.length} files.`,
      place: '--name',
    });
  const tasks: TaskFile[] = [];
  for (const path of files) tasks.push(await parse(path, await textOf(path), name));
  return tasks;
}

/** The text of a file, or of stdin (`-`). */
export async function textOf(path: string): Promise<string> {
  return path === '-' ? stdin() : read(path);
}

/** A document alone is named after its file; `{"name": ..., "document": ...}` names itself. */
async function parse(path: string, text: string, name: string | undefined): Promise<TaskFile> {
  const { placed, readScript, scriptFault } = await import('./script-files.ts');
  const script = await readScript(text);
  const fault = scriptFault(path, script);
  if (fault !== undefined) throw fault;
  const { name: own = path === '-' ? undefined : basename(path, extname(path)), document, problems } = script;
  if (name === undefined && own === undefined)
    throw new SluiceError('SLUICE_CFG_USAGE', {
      detail: 'A task document from stdin has no name.',
      place: '--name',
      hint: 'Give --name, or wrap it: {"name": "...", "document": {...}}.',
    });
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  return {
    path,
    name: name ?? own!,
    document,
    warnings: warnings.map((problem) => `${placed(path, problem)}: ${problem.cause}`),
    at: (pointer) => placed(path, { ...script.locate(pointer), pointer: pointer || '/' }),
  };
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => TASK_FILE.test(name))
      .toSorted()
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
    hint: 'Name a task document: a JSON or YAML file, a directory of them, or - for stdin.',
    cause,
  });
}

async function stdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** An error about a document says where it stands in which file. */
export async function atFile<T>(file: TaskFile, body: () => Promise<T>): Promise<T> {
  for (const warning of file.warnings) note(warning);
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const { code, detail, place, hint, fields } = error;
    const isAbout = fields !== undefined || place?.startsWith('/') === true;
    if (!isAbout) throw error;
    const within = (pointer: string): string => file.at(pointer.replace(/^\/document(?=\/|$)/, ''));
    throw new SluiceError(code, {
      detail,
      hint,
      ...(place === undefined ? {} : { place: within(place) }),
      ...(fields === undefined
        ? {}
        : { fields: fields.map((field) => ({ ...field, pointer: within(field.pointer) })) }),
    });
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, object>>;
  readonly volumes: Readonly<Record<string, object>>;
}

/** Services that run our image. */
export const OURS: ReadonlySet<string> = new Set([
  'init',
  'coordinator-1',
  'coordinator-2',
  'reader',
  'mapper',
  'writer',
]);

/** infra/compose.yaml with its anchors merged, as a Docker client sees it. */
export function composeFile(): ComposeFile {
  return parse(readFileSync(join(import.meta.dirname, 'compose.yaml'), 'utf8'), {
    merge: true,
  }) as ComposeFile;
}

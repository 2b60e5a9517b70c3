import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export interface SourceFile {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly isTest: boolean;
  /** What it imports: package names, or paths from the root. */
  readonly imports: readonly string[];
}

/** TypeScript files, those with markup too, that git tracks or would track. */
export function sourceFiles(): SourceFile[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.tsx', '*.mjs'],
    {
      cwd: ROOT,
    },
  ).toString();
  return listed
    .split('\n')
    .filter((path) => path !== '')
    .map((path) => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      const found = [
        ...text.matchAll(
          /^(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|^import\s*'([^']+)'|import\('([^']+)'\)/gm,
        ),
      ];
      const imports = found.map((match) => match[1] ?? match[2] ?? match[3]!);
      return {
        path,
        text,
        lines: text.split('\n').length - 1,
        isTest:
          /\.(test|fixture)\.tsx?$/.test(path) ||
          path.startsWith('test/') ||
          path.includes('/test/') ||
          path.includes('/contract/'),
        imports: imports.map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name)),
      };
    });
}

import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, sourceFiles } from './source-files.ts';

interface Package {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Graph {
  readonly nodes: Readonly<
    Record<
      string,
      { readonly data: { readonly targets: Readonly<Record<string, { readonly cache?: boolean }>> } }
    >
  >;
  readonly dependencies: Readonly<Record<string, readonly { readonly target: string }[]>>;
}

const read = (path: string): Package => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Package;
const folders = read('package.json').workspaces!.flatMap((pattern) =>
  globSync(`${pattern}/package.json`, { cwd: ROOT }).map(dirname),
);

function graph(): Graph {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-nx-'));
  const file = join(folder, 'graph.json');
  execFileSync(process.execPath, [join(ROOT, 'node_modules/nx/dist/bin/nx.js'), 'graph', `--file=${file}`], {
    cwd: ROOT,
    env: { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: folder, NX_CACHE_DIRECTORY: folder },
    stdio: 'pipe',
  });
  return (JSON.parse(readFileSync(file, 'utf8')) as { graph: Graph }).graph;
}

it('nx knows every package, what it depends on, and keeps what its lint, types and tests said', () => {
  const { nodes, dependencies } = graph();
  const packages = folders.map((folder) => read(`${folder}/package.json`));
  expect(Object.keys(nodes).toSorted()).toEqual([...packages.map(({ name }) => name), 'sluice'].toSorted());
  for (const { name, dependencies: wanted = {} } of packages) {
    const ours = Object.keys(wanted).filter((one) => one.startsWith('@sluice/'));
    const known = dependencies[name]!.map(({ target }) => target).filter((one) => !one.startsWith('npm:'));
    expect([name, known.toSorted()]).toEqual([name, ours.toSorted()]);
  }
  const cached = (name: string): string[] =>
    Object.entries(nodes[name]!.data.targets)
      .filter(([, { cache }]) => cache === true)
      .map(([target]) => target);
  expect(cached('sluice').toSorted()).toEqual(['lint', 'test', 'typecheck']);
  expect(cached('@sluice/wire')).toEqual(['test']);
});

it('every package with tests runs its own by `npm test`, and only its own', () => {
  const tests = sourceFiles().filter(({ path }) => path.endsWith('.test.ts'));
  for (const folder of folders) {
    const has = tests.some(({ path }) => path.startsWith(`${folder}/`));
    const up = '../'.repeat(folder.split('/').length);
    const wanted = has ? `node ${up}scripts/test.mjs ${folder}/` : undefined;
    expect([folder, read(`${folder}/package.json`).scripts?.['test']]).toEqual([folder, wanted]);
  }
});

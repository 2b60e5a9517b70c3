import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS } from '@sluice/model';
import { describe, expect, it } from 'vitest';
import { errorDocs } from '../../scripts/generate-error-docs.ts';
import { ROOT, type SourceFile, sourceFiles } from './source-files.ts';

const FILES = sourceFiles();
const PRODUCT = FILES.filter((file) => /^(libs|services)\//.test(file.path) && !file.isTest);

/** Who may import what, ours (without `@sluice/`) and npm's; `connectors/` and `adapters/` entries are per package. */
const RULES: readonly (readonly [folder: RegExp, ours: RegExp, npm: RegExp])[] = [
  [/^libs\/model\//, /^$/, /^$/],
  [/^libs\/ports\//, /^model$/, /^$/],
  [/^libs\/wire\//, /^model$/, /^avsc$/],
  // Mapping works on encoded rows: it needs the builder and cursor of the connector SDK.
  // The grammar of CEL, and regular expressions whose time is linear (S-45).
  [/^libs\/mapping\//, /^(model|wire|connector-sdk)$/, /^(@marcbachmann\/cel-js|re2js)$/],
  [/^libs\/script\//, /^model$/, /^yaml$/],
  [/^libs\/connector-sdk\//, /^(model|wire)$/, /^$/],
  [/^libs\/file-kit\//, /^(model|connector-sdk)$/, /^$/],
  [/^libs\/auth\//, /^model$/, /^$/],
  [/^libs\/http-kit\//, /^model$/, /^fastify$/],
  [/^libs\/runtime\//, /^(model|ports|wire|mapping|connector-sdk)$/, /^$/],
  [
    /^libs\/testkit\//,
    /^(model|ports|wire|runtime|mapping|connector-sdk)$/,
    /^(vitest|fast-check|pg|mysql2\/promise|ioredis)$/,
  ],
  // Reader, mapper and writer are the same process but for one word: what surrounds a worker is written once.
  [
    /^libs\/worker-host\//,
    /^(model|ports|auth|runtime|connectors|bus-kafka|signals-.*|coordination-http)$/,
    /^$/,
  ],
  [/^libs\/connectors\/registry\//, /^(model|connector-sdk|connector-.*)$/, /^$/],
  [/^libs\/connectors\/postgres\//, /^(model|connector-sdk)$/, /^pg$/],
  [/^libs\/connectors\/mysql\//, /^(model|connector-sdk)$/, /^mysql2(\/.*)?$/],
  [/^libs\/connectors\/(sqlite|stream)\//, /^(model|connector-sdk)$/, /^$/],
  [
    /^libs\/connectors\/parquet\//,
    /^(model|connector-sdk|file-kit)$/,
    /^hyparquet(-writer|-compressors|\/src\/.*)?$/,
  ],
  [/^libs\/connectors\/(csv|jsonl)\//, /^(model|connector-sdk|file-kit)$/, /^$/],
  // The one exception to one connector a system: objects of a store are files of the other three, without the folder.
  [
    /^libs\/connectors\/s3\//,
    /^(model|connector-sdk|file-kit|connector-(csv|jsonl|parquet)\/(format|fixture))$/,
    /^(aws4|fast-xml-parser)$/,
  ],
  [/^libs\/adapters\/bus-kafka\//, /^(model|ports|wire)$/, /^(kafkajs|lz4-napi|@node-rs\/crc32)$/],
  [/^libs\/adapters\/signals-redis\//, /^(model|ports)$/, /^ioredis$/],
  [/^libs\/adapters\/store-postgres\//, /^(model|ports|store-sql)$/, /^pg$/],
  [/^libs\/adapters\/store-sqlite\//, /^(model|ports|store-sql)$/, /^$/],
  [/^libs\/adapters\//, /^(model|ports|wire)$/, /^$/],
  [/^services\/(reader|mapper|writer)\//, /^worker-host$/, /^$/],
  // In the browser: the vocabulary and its own libraries; the build beside it: Vite.
  [
    /^services\/console\//,
    /^model(\/run-state)?$/,
    /^(vite|react|react-dom\/client|@mantine\/(core(\/styles\/[\w-]+\.css)?|hooks)|@tanstack\/react-(query|router|virtual)|@codemirror\/[\w-]+|@lezer\/highlight)$/,
  ],
  [/^services\/cli\//, /^(?!.*(reader|mapper|writer)$)/, /^(commander|yaml)$/],
  [/^services\/standalone\//, /^(?!(reader|mapper|writer|cli)$)/, /^$/],
  [/^services\/coordinator\//, /^(?!(reader|mapper|writer|cli|standalone)$)/, /^fastify$/],
];

describe('the house', () => {
  it('lets every room import only what the table allows', () => {
    expect(PRODUCT.length).toBeGreaterThan(150);
    const broken: string[] = [];
    for (const file of PRODUCT) {
      const rule = RULES.find(([folder]) => folder.test(file.path));
      for (const name of file.imports) {
        if (name.startsWith('node:') || /^(libs|services|test|infra|scripts)\//.test(name)) continue;
        const ours = name.startsWith('@sluice/');
        const allowed = ours ? rule?.[1].test(name.slice('@sluice/'.length)) : rule?.[2].test(name);
        if (allowed !== true) broken.push(`${file.path} imports ${name}`);
      }
    }
    expect(broken).toEqual([]);
  });

  it('keeps contract suites free of test libraries: they are given their functions', () => {
    const suites = FILES.filter(({ path }) => path.startsWith('libs/connector-sdk/src/contract/'));
    expect(suites.length).toBeGreaterThan(10);
    const broken = suites.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !/^(node:|@sluice\/(model|wire)$|libs\/connector-sdk\/)/.test(name))
        .map((name) => `${path} imports ${name}`),
    );
    expect(broken).toEqual([]);
  });

  it('never reaches into another package by path', () => {
    const root = (path: string): string => path.split('/src/')[0]!;
    const broken = PRODUCT.flatMap((file) =>
      file.imports
        .filter((name) => /^(libs|services)\//.test(name) && root(name) !== root(file.path))
        .map((name) => `${file.path} -> ${name}`),
    );
    expect(broken.filter((line) => !line.startsWith('services/cli/bin'))).toEqual([]);
  });

  it('has no cycle of files', () => {
    const byPath = new Map(PRODUCT.map((file) => [file.path, file]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: SourceFile, way: readonly string[]): void => {
      if (way.includes(file.path))
        return void cycles.push([...way.slice(way.indexOf(file.path)), file.path].join(' -> '));
      if (done.has(file.path)) return;
      for (const name of file.imports) {
        const next = byPath.get(name);
        // Types vanish when the file runs.
        if (next !== undefined && !isTypeOnly(file, name)) visit(next, [...way, file.path]);
      }
      done.add(file.path);
    };
    for (const file of PRODUCT) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('keeps files to one subject: 400 lines, tests 600, and no drawers for anything', () => {
    const long = FILES.filter((file) => file.lines > (file.isTest ? 600 : 400)).map(
      ({ path, lines }) => `${path}: ${lines}`,
    );
    expect(long).toEqual([]);
    const drawers = FILES.filter(({ path }) => /(^|\/)(utils?|helpers?|common|misc)\.[a-z]+$/.test(path)).map(
      ({ path }) => path,
    );
    expect(drawers).toEqual([]);
  });
});

/** Whether all imports of a file by another are erased. */
function isTypeOnly(file: SourceFile, name: string): boolean {
  const base = name.split('/').at(-1)!;
  const lines = file.text
    .split(/;\n/)
    .filter((statement) => statement.includes(`/${base}'`) && /\bfrom\b/.test(statement));
  return lines.length > 0 && lines.every((statement) => /^\s*(import|export) type\b/.test(statement.trim()));
}

describe('the error table', () => {
  const codes = Object.keys(ERRORS);

  it('declares every code that the source names, and names every code that it declares', () => {
    const used = new Set(
      PRODUCT.filter(({ path }) => !path.endsWith('error-table.ts')).flatMap(
        ({ text }) => text.match(/SLUICE_(CFG|SRC|TGT|MAP|BUS|REG|OFF|SCH|AUTH|RUN|SYS)_[A-Z_]+/g) ?? [],
      ),
    );
    expect([...used].filter((code) => !codes.includes(code))).toEqual([]);
    expect(codes.filter((code) => !used.has(code) && !UNUSED.has(code))).toEqual([]);
  });

  it('is what docs/errors.md says', () => {
    expect(readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')).toBe(errorDocs());
  });
});

/** Declared for parts that are to come; a code leaves this list when it is first thrown. */
const UNUSED = new Set(['SLUICE_SRC_SNAPSHOT_LOST', 'SLUICE_REG_NOT_FOUND', 'SLUICE_SYS_MISSING']);

describe('the published schemas', () => {
  it('are the ones that are pinned: a change breaks readers that are out there, so pin it on purpose', () => {
    const pinned = JSON.parse(
      readFileSync(join(import.meta.dirname, 'schema-fingerprints.json'), 'utf8'),
    ) as Record<string, string>;
    const found = Object.fromEntries(
      Object.keys(pinned).map((name) => [
        name,
        createHash('sha256')
          .update(JSON.stringify(JSON.parse(readFileSync(join(ROOT, 'schemas', name), 'utf8'))))
          .digest('hex'),
      ]),
    );
    expect(found).toEqual(pinned);
  });
});

describe('the repository', () => {
  it('has no path of a machine and no address of a package registry', () => {
    const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved": *"https?:/);
    const places = FILES.filter(({ text }) => /(^|[^A-Za-z0-9._-])\/(work|root|home)\//.test(text)).map(
      ({ path }) => path,
    );
    expect(places.filter((path) => !path.startsWith('test/architecture/'))).toEqual([]);
  });
});

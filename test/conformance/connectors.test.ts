import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connector } from '@sluice/connector-sdk';
import { connectorForUrl, connectorNames, loadConnector } from '@sluice/connectors';
import { ERRORS, type ParameterSchema } from '@sluice/model';
import { beforeAll, describe, expect, it } from 'vitest';
import { schemaFaults } from './parameter-schema.ts';

const ROOT = join(import.meta.dirname, '../../libs/connectors');
const FOLDERS = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'registry')
  .map(({ name }) => name)
  .sort();

/** What the README of a connector tells, in this order. */
const SECTIONS = ['Options', 'Reading', 'Writing', 'Privileges', 'Special values', 'Limits'];
/** Areas of error codes that a connector may throw: its configuration, its side, a position or ledger, a bug. */
const AREAS = /^SLUICE_(CFG|SRC|TGT|OFF|SYS)_/;

const packageOf = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
/** Whether its ends are files and not tables. */
const takesPath = ({ spec }: Connector): boolean => (spec.reader ?? spec.writer)!.required?.[0] === 'path';

it('has a line in the registry for every folder, and a folder for every line', () => {
  expect(connectorNames().sort()).toEqual(FOLDERS);
  expect(FOLDERS.length).toBeGreaterThan(3);
});

describe.each(FOLDERS)('connector %s', (folder) => {
  const path = join(ROOT, folder);
  const files = readdirSync(join(path, 'src'));
  const text = (name: string): string => readFileSync(join(path, 'src', name), 'utf8');
  let connector: Connector;
  let schemas: (readonly [part: string, schema: ParameterSchema])[];
  beforeAll(async () => {
    connector = await loadConnector(folder);
    const { dataSource, reader, writer } = connector.spec;
    schemas = [
      ['dataSource', dataSource],
      ...(reader === undefined ? [] : [['reader', reader] as const]),
      ...(writer === undefined ? [] : [['writer', writer] as const]),
    ];
  });

  it('is named after its folder, as a package and as a connector', () => {
    const { name, private: isPrivate, type, dependencies } = packageOf(path);
    expect([name, isPrivate, type]).toEqual([`@sluice/connector-${folder}`, true, 'module']);
    expect(connector.spec.name).toBe(folder);
    // What goes wrong with files is the same in every format.
    const ofFiles = '@sluice/file-kit' in dependencies! ? [] : ['errors.ts'];
    expect(files).toEqual(expect.arrayContaining(['index.ts', 'spec.ts', ...ofFiles]));
  });

  it('has a spec that is pure data, of valid schemas', () => {
    expect(JSON.parse(JSON.stringify(connector.spec))).toEqual(connector.spec);
    for (const [part, schema] of schemas) expect([part, schemaFaults(schema)]).toEqual([part, []]);
    for (const [part, schema] of schemas.slice(1))
      for (const [name, property] of Object.entries(schema.properties))
        expect([part, name, property.secret ?? false]).toEqual([part, name, false]);
  });

  it('can do what its spec says and no more', () => {
    const { reader, writer, capabilities } = connector.spec;
    expect(connector.openReader !== undefined).toBe(reader !== undefined);
    expect(connector.openWriter !== undefined).toBe(writer !== undefined);
    expect(capabilities.writeModes.length > 0).toBe(writer !== undefined);
    expect(new Set(capabilities.writeModes).size).toBe(capabilities.writeModes.length);
    expect(capabilities.guarantee === 'none').toBe(writer === undefined);
    expect(capabilities.modes.length).toBeGreaterThan(0);
    for (const schema of [reader, writer])
      if (schema !== undefined) {
        const required = schema.required ?? schema.oneOf?.flatMap((choice) => choice.required) ?? [];
        expect(required.some((name) => name === 'table' || name === 'path')).toBe(true);
      }
  });

  it('has URLs whose parts are fields of its data source', () => {
    for (const scheme of connector.spec.schemes) {
      const forms = takesPath(connector)
        ? [`${scheme}:folder/t`, `${scheme}:/folder/t#key=a`]
        : [`${scheme}://user:secret@host:1234/database#t`, `${scheme}:file.db#t`, `${scheme}:#t`];
      const parsed = forms.flatMap((url) => {
        try {
          return [connectorForUrl(url)];
        } catch {
          return [];
        }
      });
      expect(parsed.length, scheme).toBeGreaterThan(0);
      for (const { connector: name, config, table, path: file } of parsed) {
        expect([name, takesPath(connector) ? file : table]).toEqual([folder, 't']);
        expect(Object.keys(connector.spec.dataSource.properties)).toEqual(
          expect.arrayContaining(Object.keys(config)),
        );
      }
    }
  });

  it('has a README that tells of every option, of privileges, special values and limits', () => {
    const readme = readFileSync(join(path, 'README.md'), 'utf8');
    const headings = [...readme.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(SECTIONS);
    for (const section of readme.split(/^## .+$/m).slice(1))
      expect(section.trim().length).toBeGreaterThan(40);
    const options = schemas.flatMap(([, schema]) => Object.keys(schema.properties));
    expect(options.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  it('throws only codes of the table, of areas that are its own', () => {
    const source = files.filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name));
    const codes = new Set(source.flatMap((name) => text(name).match(/SLUICE_[A-Z]+_[A-Z_]+/g) ?? []));
    expect(codes.size).toBeGreaterThan(3);
    expect([...codes].filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
    expect([...codes].filter((code) => !AREAS.test(code))).toEqual([]);
  });

  it('is held to the contract of what it can do', () => {
    const tests = files.filter((name) => name.endsWith('.test.ts')).map(text);
    const runs = (suite: string): boolean =>
      tests.some((test) => new RegExp(`${suite}\\(\\s*\\{ describe`).test(test));
    expect(runs('readerContract')).toBe(connector.spec.reader !== undefined);
    expect(runs('writerContract')).toBe(connector.spec.writer !== undefined);
  });
});

it('uses no scheme for two connectors', async () => {
  const all = await Promise.all(FOLDERS.map(loadConnector));
  const schemes = all.flatMap(({ spec }) => spec.schemes);
  expect(new Set(schemes).size).toBe(schemes.length);
});

describe('a schema of parameters', () => {
  const property = { type: 'string', title: 'Name' } as const;
  const schema = { type: 'object', properties: { name: property }, additionalProperties: false } as const;

  it.each<[fault: string, schema: unknown]>([
    ['allows fields', { ...schema, additionalProperties: true }],
    ['no word of the subset', { ...schema, anyOf: [] }],
    ['no choice', { ...schema, oneOf: [{ required: ['name'] }] }],
    ['required and not there', { ...schema, oneOf: [{ required: ['name'] }, { required: ['other'] }] }],
    ['required and not there', { ...schema, required: ['other'] }],
    ['no type', { ...schema, properties: { name: { ...property, type: 'date' } } }],
    ['no title', { ...schema, properties: { name: { ...property, title: ' ' } } }],
    ['no word of the subset', { ...schema, properties: { name: { ...property, pattern: 'x' } } }],
    ['default does not fit', { ...schema, properties: { name: { ...property, default: 7 } } }],
    ['does not fit', { ...schema, properties: { name: { ...property, enum: [7] } } }],
    ['only numbers have bounds', { ...schema, properties: { name: { ...property, minimum: 7 } } }],
    ['crossed', { ...schema, properties: { n: { type: 'integer', title: 'N', minimum: 7, maximum: 6 } } }],
    ['says what it is of', { ...schema, properties: { list: { type: 'array', title: 'List' } } }],
    ['secret', { ...schema, properties: { key: { type: 'integer', title: 'Key', secret: true } } }],
  ])('is refused when it is wrong: %s', (fault, wrong) => {
    expect(schemaFaults(schema)).toEqual([]);
    expect(schemaFaults(wrong as ParameterSchema).join()).toContain(fault);
  });
});

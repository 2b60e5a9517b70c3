import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectorNames, loadConnector } from '@sluice/connectors';
import {
  checkDocument,
  connectorTemplates,
  importScript,
  type Json,
  type JsonSchema,
  parseText,
  taskTemplate,
  toJson,
} from '@sluice/script';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const schema = JSON.parse(readFileSync(join(root, 'schemas/task.schema.json'), 'utf8')) as JsonSchema;
const SPECS = await Promise.all(connectorNames().map(async (name) => (await loadConnector(name)).spec));
const product = { schema, connector: (name: string) => SPECS.find((spec) => spec.name === name) };

describe('templates of every connector', () => {
  it.each(SPECS)('$name: fit its spec, also when everything optional is taken out of its comment', (spec) => {
    const templates = connectorTemplates(spec);
    const task = taskTemplate(spec, spec)?.document as Record<string, Json> | undefined;
    for (const side of ['reader', 'writer'] as const) {
      const template = templates[side];
      expect([side, template !== undefined]).toEqual([side, spec[side] !== undefined]);
      if (template === undefined || task === undefined) continue;
      expect(parseText(template.text).problems).toEqual([]);
      // The slashes go, and the line before gets its comma: both are there for an editor to do.
      const lines = template.text.split('\n').map((line) => line.replace(/^(\s*)\/\/ (?=")/, '$1'));
      const all = toJson(parseText(lines.join('\n')).root!) as { parameters: Record<string, Json> };
      const { properties, oneOf = [] } = spec[side]!;
      const others = new Set(oneOf.slice(1).flatMap(({ required }) => required));
      const together = Object.keys(properties).filter((name) => !others.has(name));
      expect(Object.keys(all.parameters).toSorted()).toEqual(together.toSorted());
      for (const name of others) expect(template.text).toContain(`// or "${name}": `);
      for (const end of [template.document, all as unknown as Json]) {
        const faults = checkDocument({ ...task, [side]: end }, product, () => spec.name);
        expect(faults.filter(({ pointer }) => pointer.startsWith(`/${side}`))).toEqual([]);
      }
    }
  });

  it.each(SPECS.flatMap((from) => SPECS.map((to) => [from, to] as const)))(
    'a task from $name can be read and checked',
    (from, to) => {
      const template = taskTemplate(from, to);
      if (template === undefined)
        return expect(from.reader === undefined || to.writer === undefined).toBe(true);
      const { problems, isReady } = importScript(template.text, {
        ...product,
        connectorOf: (name) => name.slice(1).split(' ')[0]!,
      });
      expect([problems, isReady]).toEqual([[], true]);
    },
  );
});

describe('the schema that is published', () => {
  it.each([
    'v2-plain.json',
    'v1-plain.json',
    'datax-plain.json',
    'datax-text.json',
    'datax-txtfile.json',
    'v2-plain.yaml',
  ])('takes what is imported of %s', (name) => {
    const text = readFileSync(join(root, 'libs/script/test/samples', name), 'utf8');
    const { document, connectors, isReady } = importScript(text, product);
    expect(isReady).toBe(true);
    const end = (side: 'reader' | 'writer'): string => document![side].dataSource;
    const faults = checkDocument(document as unknown as Json, product, (source) =>
      source === end('reader') ? connectors.reader : connectors.writer,
    );
    expect(faults).toEqual([]);
  });
});

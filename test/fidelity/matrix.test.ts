import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine, startEngine } from '@sluice/standalone';
import { has } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Kind, Place } from '../e2e/pairs.ts';
import { type Cell, copyEdges, EDGES, edgePlace, type EdgeTable, edgeTable, judged } from './matrix.ts';
import { fidelityDocs } from './report.ts';

const DOCS = join(import.meta.dirname, '../../docs/fidelity.md');
const NAMES: Readonly<Record<Kind, string>> = { postgres: 'PostgreSQL', mysql: 'MariaDB', sqlite: 'SQLite' };
const KINDS: readonly Kind[] = ['postgres', 'mysql', 'sqlite'];

/** Types that PostgreSQL's COPY carries in its binary form both ways: a table of these alone goes that way, any other as text. */
const BINARY =
  /^(boolean|smallint|integer|bigint|real|double precision|numeric\(\d+,\d+\)|date|time|timestamp|timestamptz|text|varchar\(20\)|char\(8\)|bytea|json|jsonb|uuid|small_positive|short_text|decimal.*|decimal_text.*|datetime|blob)$/;

const INSERT = { write: { mode: 'insert' } } as const;
/** Ways of copying that must come to the same as a plain insert into a created table. */
const WAYS = [
  ['again, into the table that is there now', { write: { mode: 'insert', truncateFirst: true } }],
  ['with a map stage', { ...INSERT, mapStage: true }],
  ['as an upsert', { write: { mode: 'upsert' } }],
  ['as an upsert with a map stage', { write: { mode: 'upsert' }, mapStage: true }],
] as const;

const outcomes = (cells: readonly Cell[]): string[] =>
  cells.map(
    ({ type, label, outcome, note }) =>
      `${type.type}: ${label}: ${outcome} ${outcome === 'dirty' ? note.split(':')[0] : note}`,
  );

/** Where a value stands in a table of edges. */
function order({ types, ids }: EdgeTable, value: string): number {
  for (const [n, { type, edges }] of types.entries())
    for (const [i, { label }] of edges.entries()) if (`${type} ${label}` === value) return ids[n]![i]!;
  throw new Error(`no value ${value}`);
}

describe.skipIf(!has('postgres') || !has('mariadb'))('values', () => {
  const cells: Cell[] = [];
  const sources = new Map<Kind, EdgeTable>();
  const places: Place[] = [];
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine(mkdtempSync(join(tmpdir(), 'sluice-fidelity-')));
    for (const kind of KINDS) {
      const at = await edgePlace(kind);
      places.push(at);
      sources.set(kind, await edgeTable(at, 'edges', EDGES[kind]));
    }
  });
  afterAll(async () => {
    await engine?.stop();
    for (const at of places) await at.close();
  });

  const expectKnown = (found: readonly Cell[]): void => {
    expect(found.filter(({ outcome }) => outcome === 'SILENTLY DIFFERENT').map(told)).toEqual([]);
    // PostgreSQL looks for the zero byte, which no text of it holds, in a whole line: it names no column then.
    const named =
      /^SLUICE_(SRC_VALUE|MAP_CAST|TGT_VALUE|TGT_CONSTRAINT): (\S*c\d+: .+|NO COLUMN: .*"UTF8": 0x00$)/s;
    for (const cell of found) if (cell.outcome === 'dirty') expect(cell.note, told(cell)).toMatch(named);
  };
  const told = ({ type, into, label, note }: Cell): string => `${type.type} -> ${into}: ${label}: ${note}`;

  for (const from of KINDS)
    for (const to of KINDS) {
      const pair = `${NAMES[from]} -> ${NAMES[to]}`;

      it(`${pair}: a created table has every value exactly, by a rule, or named as dirty; the way there makes no difference`, async () => {
        const source = sources.get(from)!;
        const target = await edgePlace(to);
        places.push(target);
        const { cells: found, run } = await copyEdges(engine, source, target, 'created', INSERT);
        expectKnown(found);
        const dirty = found.filter(({ outcome }) => outcome === 'dirty').length;
        expect(run.counts).toMatchObject({ read: source.rows, written: source.rows - dirty, dirty });
        for (const [n, [way, document]] of WAYS.entries()) {
          const other = await copyEdges(engine, source, target, n === 0 ? 'created' : `way${n}`, document);
          expect(outcomes(other.cells), way).toEqual(outcomes(found));
        }
        cells.push(...found);
      });

      it(`${pair}: columns of other types take a value exactly, by a rule, or not at all`, async () => {
        const source = sources.get(from)!;
        const target = await edgePlace(to);
        places.push(target);
        const most = Math.max(0, ...source.types.map(({ into }) => into[to]?.length ?? 0));
        for (let k = 0; k < most; k++) {
          const into = new Map(
            [...source.types.entries()].flatMap(([n, type]) => {
              const wanted = type.into[to]?.[k];
              return wanted === undefined ? [] : [[n, wanted] as const];
            }),
          );
          const { cells: found } = await copyEdges(engine, source, target, `made${k}`, INSERT, into);
          expectKnown(found);
          cells.push(...found);
        }
      });
    }

  for (const to of KINDS)
    it(`${NAMES[to]}: one changed digit, letter, bit or microsecond in the target is noticed`, async () => {
      const source = sources.get('postgres')!;
      const target = await edgePlace(to);
      places.push(target);
      const { run } = await copyEdges(engine, source, target, 'created', INSERT);
      const column = (type: string): string => `c${source.types.findIndex((edge) => edge.type === type)}`;
      const changes: readonly (readonly [type: string, label: string, value: string])[] = [
        ['bigint', '9007199254740993', '9007199254740992'],
        ['double precision', '0.30000000000000004', '0.3'],
        ['numeric(12,2)', '-0.01', `'0.01'`],
        ['date', '1582-10-10', `'1582-10-09'`],
        ['timestamp', '1970-01-01 00:00:00.000001', `'1970-01-01 00:00:00.000000'`],
        ['text', 'spaces at both ends', `'  spaces '`],
        ['text', 'emoji', `'\u{1F69B} ☕'`],
        ['json', '1.0', `'1'`],
        ['bytea', '0x00', { postgres: `'\x01'`, mysql: `x'01'`, sqlite: `x'01'` }[to]],
      ];
      for (const [type, label, value] of changes) {
        const n = source.types.findIndex((edge) => edge.type === type);
        const id = source.ids[n]![source.types[n]!.edges.findIndex((edge) => edge.label === label)]!;
        await target.run(`update created set ${column(type)} = ${value} where id = ${id}`);
      }
      const lost = source.ids[0]![0]!;
      await target.run(`update created set c0 = null where id = ${lost}`);
      const noticed = (await judged(engine, source, target, 'created', run)).filter(
        ({ outcome }) => outcome === 'SILENTLY DIFFERENT',
      );
      expect(noticed.map(({ type, label }) => `${type.type} ${label}`)).toEqual(
        ['boolean true', ...changes.map(([type, label]) => `${type} ${label}`)].toSorted(
          (a, b) => order(source, a) - order(source, b),
        ),
      );
    });

  for (const from of KINDS)
    it(`${NAMES[from]} -> PostgreSQL: the binary form of COPY comes to the same as its text form`, async () => {
      const types = EDGES[from].filter(({ type }) => from === 'mysql' || BINARY.test(type));
      const at = await edgePlace(from);
      const target = await edgePlace('postgres');
      places.push(at, target);
      const binary = await edgeTable(at, 'edges', types);
      const { cells: found } = await copyEdges(engine, binary, target, 'created', INSERT);
      const same = cells.filter((cell) => cell.source === from && cell.target === 'postgres' && cell.created);
      expect(types.length).toBeGreaterThan(5);
      expect(outcomes(found)).toEqual(outcomes(same.filter(({ type }) => types.includes(type))));
    });

  it('docs/fidelity.md is what these copies gave', () => {
    expect(new Set(cells.map(({ source, target, created }) => `${source} ${target} ${created}`)).size).toBe(
      18,
    );
    const page = fidelityDocs(cells);
    if (process.env['SLUICE_WRITE_DOCS'] === '1') writeFileSync(DOCS, page);
    expect(readFileSync(DOCS, 'utf8')).toBe(page);
  });
});

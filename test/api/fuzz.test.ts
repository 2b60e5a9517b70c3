import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Served } from './served.ts';

const PYTHON = process.env['SLUICE_TEST_FUZZER'] ?? '';
/** Calls that are made up for each route beside some 60 at the edges of its schema; `SLUICE_FUZZ_EXAMPLES=200` hunts. */
const EXAMPLES = process.env['SLUICE_FUZZ_EXAMPLES'] ?? '4';
const SEED = process.env['SLUICE_SEED'] ?? '1';
/** A call that takes longer (seconds) hangs. */
const LONGEST = '20';

/** What every answer is held against; whether a wrong call is refused is for the tables of bad calls. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
];

type Json = Record<string, unknown>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  schema: Json;
}

/** The document in which paths name objects that exist, now and then, so that calls come further than to a 404. */
function withObjects(document: Json, known: Readonly<Record<string, readonly string[]>>): Json {
  const paths = document['paths'] as Record<string, Record<string, { parameters: Parameter[] }>>;
  for (const [path, operations] of Object.entries(paths))
    for (const operation of Object.values(operations))
      for (const parameter of operation.parameters) {
        if (parameter.in !== 'path') continue;
        const kind = parameter.name === 'id' ? path.split('/{id}')[0]!.split('/').at(-1)! : parameter.name;
        const values = known[kind];
        if (values !== undefined) parameter.schema = { type: 'string', enum: [...values, 'none'] };
      }
  const components = document['components'] as { schemas: { TaskDocument: Json } };
  const sources = { type: 'string', enum: known['source-names'] };
  const named = JSON.stringify(components.schemas.TaskDocument).replaceAll(
    /"dataSource":\{[^{}]*\}/g,
    `"dataSource":${JSON.stringify(sources)}`,
  );
  components.schemas.TaskDocument = JSON.parse(named) as Json;
  return withoutGroups(document) as Json;
}

/** Nobody works for a group that the fuzzer makes up: what is sent to it rightly ends in 503. */
function withoutGroups(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGroups);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, of]) => name !== 'resourceGroup' || typeof of !== 'object')
      .map(([name, of]) => [name, withoutGroups(of)]),
  );
}

describe.skipIf(PYTHON === '')('calls that a fuzzer makes up from the OpenAPI document', () => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start();
  });
  afterAll(() => served.stop());

  it('end in an answer that the document describes, never in a 5xx or in none', async () => {
    const task = await served.task(5);
    const run = String((await served.call('POST', `/tasks/${task}:run`)).body['id']);
    await served.rested(run);
    const key = await served.call('POST', '/access-keys', { body: { name: 'k', role: 'visitor' } });
    const sources = (await served.call('GET', '/data-sources')).body.items;
    const names = sources.map(({ name }) => String(name));
    const topic = `sluice.default.${task}.read`;
    const known = {
      w: ['default'],
      tasks: [task],
      runs: [run],
      'access-keys': [String(key.body['id'])],
      'data-sources': sources.map(({ id }) => String(id)),
      'source-names': names,
      topic: [topic],
      s: [`${topic}-value`],
      v: ['1', 'latest'],
      ids: ['1'],
      name: ['postgres', 'sqlite'],
    };
    const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
    const document = join(folder, 'openapi.json');
    const described = (await served.call('GET', '/openapi.json')).body as Json;
    writeFileSync(document, JSON.stringify(withObjects(described, known)));
    // A stream that never ends is left out; its rules are in the tests of events.
    const options = `--url ${served.openUrl} --exclude-path /api/v1/events --phases coverage,fuzzing --checks ${CHECKS.join(',')}
      --continue-on-failure --seed ${SEED} --max-examples ${EXAMPLES} --request-timeout ${LONGEST} --no-color --warnings off
      --suppress-health-check all --generation-database none`;
    const arguments_ = ['-m', 'schemathesis.cli', 'run', document, ...options.split(/\s+/)];
    const { stdout, failed } = await promisify(execFile)(PYTHON, arguments_, {
      cwd: folder,
      timeout: 3_600_000,
      maxBuffer: 64 * 1024 * 1024,
    }).then(
      (done) => ({ ...done, failed: false }),
      ({ stdout: said, stderr }: { stdout: string; stderr: string }) => ({
        stdout: `${said}\n${stderr}`,
        failed: true,
      }),
    );
    if (failed) expect(stdout).toBe('no failures');
    expect(Number(/(\d+) generated/.exec(stdout)?.[1])).toBeGreaterThan(1000);
    // It is still the same server, and it still works.
    expect((await served.call('GET', '/readyz')).status).toBe(200);
  }, 3_600_000);
});

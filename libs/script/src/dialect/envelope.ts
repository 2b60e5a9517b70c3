import { trimmed } from '../syntax/json-text.ts';
import type { ListNode, Member, Node, ObjectNode } from '../syntax/node.ts';
import { toJson } from '../syntax/node.ts';
import type { Dialect } from './dialects.ts';
import type { Side } from './field-table.ts';
import type { Keys, Reading } from './reading.ts';

/** The reader or the writer of a script. */
export interface Part {
  /** The key with the plug-in's name, and that name. */
  readonly type: Member;
  readonly typeText: string;
  readonly parameter: Keys;
}

/** The parts that all dialects have, wherever they stand. */
export interface Envelope {
  readonly reader?: Part;
  readonly writer?: Part;
  /** Absent: the script says nothing about speed and tolerance. */
  readonly setting?: Keys;
  readonly transformers?: Member;
  /** `core` of DataX: limits of one channel. */
  readonly core?: Keys;
}

/** Finds the parts of a script and settles the keys around them. What is missing or there twice is among the problems. */
export function readEnvelope(reading: Reading, dialect: Exclude<Dialect, 'sluice'>): Envelope {
  const envelope =
    dialect === 'dataworks-2.0'
      ? versionTwo(reading)
      : dialect === 'dataworks-1.0'
        ? versionOne(reading)
        : job(reading);
  for (const side of ['reader', 'writer'] as const)
    if (envelope[side] === undefined && !reading.problems.hasErrors)
      reading.problem(reading.root, {
        code: 'SCRIPT_PART',
        cause: `The script has no ${side}.`,
        remedy: `Add a ${side}.`,
      });
  return envelope;
}

/** The value of a member as an object; anything else is a problem. */
export function objectOf(reading: Reading, member: Member | undefined): ObjectNode | undefined {
  if (member === undefined || member.value.kind === 'object') return member?.value as ObjectNode | undefined;
  if (member.value.kind === 'scalar' && member.value.value === null) return undefined;
  reading.problem(member.value, { code: 'SCRIPT_TYPE', cause: `${trimmed(member.key)} must be an object.` });
  return undefined;
}

/** One value is as good as a list of one. */
export function itemsOf(node: Node): readonly Node[] {
  return node.kind === 'list' ? (node as ListNode).items : [node];
}

function textOf(member: Member | undefined): string {
  const value = member === undefined ? '' : toJson(member.value);
  return typeof value === 'string' || typeof value === 'number' ? trimmed(String(value)) : '';
}

/** Keys that say which dialect it is. */
function header(reading: Reading, keys: Keys, version: string): void {
  for (const key of ['type', 'version']) {
    const member = keys.take(key);
    if (member === undefined) continue;
    reading.mapped(member, '/origin/dialect');
    const text = textOf(member);
    if (key !== 'version' || Number(text) === Number(version)) continue;
    if (Number(text) === 1 || Number(text) === 2)
      reading.problem(member.value, {
        code: 'SCRIPT_VERSION',
        severity: 'warning',
        cause: `The script says version ${text} and is written like version ${version}.`,
        remedy: `Write "${version}".`,
      });
    else
      reading.problem(member.value, {
        code: 'SCRIPT_VERSION',
        cause: `There is no version ${text.slice(0, 20)}.`,
      });
  }
}

function versionTwo(reading: Reading): Envelope {
  const keys = reading.open(reading.root, '');
  header(reading, keys, '2.0');
  const parts: { -readonly [K in Side]?: Part } = {};
  const steps = keys.take('steps')!;
  reading.mapped(steps, '/reader');
  for (const step of itemsOf(steps.value)) {
    if (step.kind !== 'object') {
      reading.problem(step, { code: 'SCRIPT_TYPE', cause: 'A step must be an object.' });
      continue;
    }
    const side = sideOf(reading, step);
    if (side === undefined) continue;
    if (parts[side] !== undefined) {
      const cause = `The script has a second ${side}.`;
      reading.problem(step, { code: 'SCRIPT_PART', cause, remedy: 'Keep one of them.' });
      for (const member of step.members) reading.ignored(member, undefined, cause);
      continue;
    }
    const stepKeys = reading.open(step, `/${side}`);
    for (const key of ['category', 'name']) {
      const member = stepKeys.take(key);
      if (member !== undefined) reading.mapped(member, `/${side}`);
    }
    const part = readPart(reading, stepKeys, side, 'stepType', ['plugin']);
    if (part !== undefined) parts[side] = part;
  }
  order(reading, keys);
  keepWhole(
    reading,
    keys,
    'transform',
    'Transformations of the reference product are not part of the script.',
  );
  keepWhole(reading, keys, 'extend', 'It is bookkeeping of the product that wrote the script.');
  return { ...parts, ...settingOf(reading, keys) };
}

/** Samples name the writer "Reader": the category is trusted, the name helps where there is none. */
function sideOf(reading: Reading, step: ObjectNode): Side | undefined {
  const find = (name: string): string =>
    textOf(step.members.findLast(({ key }) => trimmed(key).toLowerCase() === name)).toLowerCase();
  const category = find('category') || find('name') || /(reader|writer)$/.exec(find('steptype'))?.[1] || '';
  if (category === 'reader' || category === 'writer') return category;
  if (category !== 'processor') {
    const cause = `The step is neither reader nor writer${category === '' ? '' : ` but ${category.slice(0, 20)}`}.`;
    reading.problem(step, { code: 'SCRIPT_PART', cause, remedy: 'Set its category to reader or writer.' });
  }
  for (const member of step.members)
    reading.ignored(member, undefined, 'A step of this category does nothing.');
  return undefined;
}

function order(reading: Reading, keys: Keys): void {
  const member = keys.take('order');
  if (member === undefined) return;
  reading.mapped(member, '/reader');
  const inner = objectOf(reading, member);
  if (inner === undefined) return;
  const hops = reading.open(inner, '/order').take('hops');
  if (hops === undefined) return;
  reading.mapped(hops, '/reader');
  const found = itemsOf(hops.value);
  for (const hop of found) {
    if (hop.kind !== 'object') continue;
    const hopKeys = reading.open(hop, undefined);
    for (const [key, also] of [
      ['from', ['name']],
      ['to', []],
    ] as const) {
      const end = hopKeys.take(key, also);
      if (end !== undefined) reading.mapped(end, key === 'from' ? '/reader' : '/writer');
    }
  }
  if (found.length > 1)
    reading.problem(hops.value, {
      code: 'SCRIPT_PART',
      cause: 'A task has one way, from its reader to its writer.',
      remedy: 'Keep one hop.',
    });
}

function versionOne(reading: Reading): Envelope {
  const outer = reading.open(reading.root, '');
  header(reading, outer, '1.0');
  const wrapper = outer.take('configuration', ['config']);
  if (wrapper === undefined) return inside(reading, outer, 'plugin', ['stepType', 'name']);
  reading.mapped(wrapper, '/reader');
  // What an old wizard wrapped around it.
  for (const key of ['srcType', 'srcGuid', 'dstType', 'dstGuid'])
    keepWhole(reading, outer, key, 'It repeats what reader and writer say.');
  keepWhole(reading, outer, 'extend', 'It is bookkeeping of the product that wrote the script.');
  const object = objectOf(reading, wrapper);
  return object === undefined
    ? {}
    : inside(reading, reading.open(object, ''), 'plugin', ['stepType', 'name']);
}

function job(reading: Reading): Envelope {
  const outer = reading.open(reading.root, '');
  const wrapper = outer.take('job');
  // The inside of a job, without what goes around it.
  if (wrapper === undefined)
    return { ...inside(reading, outer, 'name', ['plugin']), ...settingOf(reading, outer) };
  reading.mapped(wrapper, '/reader');
  const object = objectOf(reading, wrapper);
  if (object === undefined) return {};
  const keys = reading.open(object, '/job');
  for (const key of ['preHandler', 'postHandler'])
    keepWhole(reading, keys, key, 'Sluice has no handlers.', '/job');
  for (const key of ['entry', 'common']) keepWhole(reading, outer, key, 'It sets up the process of DataX.');
  const setting = settingOf(reading, keys);
  const core = coreOf(reading, outer);
  const content = keys.take('content') ?? outside(reading, outer);
  if (content === undefined) return { ...setting, ...core };
  reading.mapped(content, '/reader');
  const [first, ...others] = itemsOf(content.value);
  for (const other of others) {
    reading.problem(other, {
      code: 'SCRIPT_PART',
      severity: 'warning',
      cause: 'Only the first entry of content is used.',
      remedy: 'Make a task of its own of it.',
    });
    if (other.kind === 'object')
      for (const member of other.members)
        reading.ignored(member, undefined, 'Only the first entry of content is used.');
  }
  if (first?.kind !== 'object') return { ...setting, ...core };
  return { ...inside(reading, reading.open(first, '/content'), 'name', ['plugin']), ...setting, ...core };
}

/** `content` beside `job`: a brace too many closes the job before it. */
function outside(reading: Reading, outer: Keys): Member | undefined {
  if (!outer.has('content')) return undefined;
  const content = outer.take('content')!;
  reading.problem(
    content.value,
    {
      code: 'SCRIPT_BRACKET',
      severity: 'warning',
      cause: 'content stands outside of job: a brace before it closes job too early.',
      remedy: 'Remove the brace that is too much before it.',
    },
    content.start,
  );
  return content;
}

/** An object with `reader`, `writer` and perhaps `setting` and `transformer`. */
function inside(reading: Reading, keys: Keys, typeKey: string, also: readonly string[]): Envelope {
  const parts: { -readonly [K in Side]?: Part } = {};
  for (const side of ['reader', 'writer'] as const) {
    const member = keys.take(side);
    if (member === undefined) continue;
    reading.mapped(member, `/${side}`);
    const object = objectOf(reading, member);
    const part =
      object === undefined
        ? undefined
        : readPart(reading, reading.open(object, `/${side}`), side, typeKey, also);
    if (part !== undefined) parts[side] = part;
  }
  const transformers = keys.take('transformer', ['transformers']);
  return { ...parts, ...settingOf(reading, keys), ...(transformers === undefined ? {} : { transformers }) };
}

function readPart(
  reading: Reading,
  keys: Keys,
  side: Side,
  typeKey: string,
  also: readonly string[],
): Part | undefined {
  const type = keys.take(typeKey, also);
  const member = keys.take('parameter', ['parameters']);
  if (member !== undefined) reading.mapped(member, `/${side}/parameters`);
  const parameter = objectOf(reading, member);
  if (type === undefined || parameter === undefined) {
    const missing = type === undefined ? typeKey : 'parameter';
    reading.problem(keys.node, {
      code: 'SCRIPT_REQUIRED',
      cause: `The ${side} has no ${missing}.`,
      remedy: `Add ${missing}.`,
    });
    return undefined;
  }
  return { type, typeText: textOf(type), parameter: reading.open(parameter, `/${side}/parameter`) };
}

function settingOf(reading: Reading, keys: Keys): Pick<Envelope, 'setting'> {
  const member = keys.take('setting', ['settings']);
  if (member === undefined) return {};
  reading.mapped(member, '/control');
  const object = objectOf(reading, member);
  return object === undefined ? {} : { setting: reading.open(object, '/setting') };
}

function coreOf(reading: Reading, keys: Keys): Pick<Envelope, 'core'> {
  const member = keys.take('core');
  if (member === undefined) return {};
  reading.mapped(member, '/control');
  const object = objectOf(reading, member);
  return object === undefined ? {} : { core: reading.open(object, '/core') };
}

function keepWhole(reading: Reading, keys: Keys, key: string, why: string, at = ''): void {
  const member = keys.take(key);
  if (member !== undefined) reading.ignored(member, `${at}/${key}`, why);
}

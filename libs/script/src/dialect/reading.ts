import { nearest } from '../nearest.ts';
import { hasVariable, trimmed } from '../syntax/json-text.ts';
import {
  type Json,
  type Member,
  type Node,
  type ObjectNode,
  pointerOf,
  toJson,
  walk,
} from '../syntax/node.ts';
import type { ProblemCode } from '../syntax/problem-table.ts';
import type { Problems } from '../syntax/problem.ts';
import type { SourceText } from '../syntax/source-text.ts';
import { type Conversion, Misfit } from './conversions.ts';
import type { ReportEntry } from './report.ts';
import { withoutSecrets } from './secrets.ts';

interface Fault {
  readonly code: ProblemCode;
  readonly cause: string;
  readonly remedy?: string;
  readonly severity?: 'error' | 'warning';
}

type Settled = Omit<ReportEntry, 'pointer' | 'line' | 'column'>;

/** One import under way: what became of each key, what is wrong, what is kept for the way back. */
export class Reading {
  readonly root: ObjectNode;
  readonly problems: Problems;
  /** What has no place in the document, by pointers that the dialects share: `/reader/parameter/envType`, `/setting/speed/dmu`. */
  readonly kept: Record<string, Json> = {};
  /** Where values of the document come from: its pointer and an offset of the text. */
  readonly origins = new Map<string, number>();
  readonly #source: SourceText;
  readonly #isStrict: boolean;
  readonly #pointers = new Map<Node, string>();
  readonly #settled = new Map<Member, Settled>();
  readonly #defaults: ReportEntry[] = [];
  readonly #opened: Keys[] = [];

  constructor(root: ObjectNode, source: SourceText, problems: Problems, isStrict: boolean) {
    this.root = root;
    this.problems = problems;
    this.#source = source;
    this.#isStrict = isStrict;
    // The first way to a node is its place: YAML aliases lead to one again.
    for (const { node, path } of walk(root))
      if (!this.#pointers.has(node)) this.#pointers.set(node, pointerOf(path));
  }

  pointer(node: Node): string {
    return this.#pointers.get(node) ?? '';
  }

  /** The keys of an object; `keepAs`: where those that are not known are kept for the way back. */
  open(object: ObjectNode, keepAs: string | undefined): Keys {
    const keys = new Keys(this, object, keepAs);
    this.#opened.push(keys);
    return keys;
  }

  problem(node: Node, fault: Fault, offset: number = node.start): void {
    this.problems.add({ ...fault, offset, pointer: this.pointer(node) });
  }

  settle(member: Member, settled: Settled): void {
    this.#settled.set(member, settled);
    const { became, fate } = settled;
    if (became?.startsWith('/') !== true || fate === 'ignored') return;
    // Several keys may lead to one field; of a data source its name says most.
    const isName = normal(member.key) === 'datasource';
    if (isName || !this.origins.has(became)) this.origins.set(became, member.value.start);
  }

  isSettled(member: Member): boolean {
    return this.#settled.has(member);
  }

  mapped(member: Member, became: string, value?: Json, why?: string): void {
    this.settle(member, {
      fate: 'mapped',
      became,
      ...(value === undefined ? {} : { value }),
      ...(why === undefined ? {} : { why }),
    });
  }

  /** Kept for the way back under `keepAs`, but for its secrets. */
  ignored(member: Member, keepAs: string | undefined, why: string, code?: ProblemCode): void {
    this.settle(member, { fate: 'ignored', why, ...(code === undefined ? {} : { code }) });
    if (keepAs !== undefined) this.keep(member, keepAs);
  }

  keep(member: Member, keepAs: string): void {
    const value = withoutSecrets(trimmed(member.key), toJson(member.value));
    if (value !== undefined) this.kept[keepAs] = value;
    else
      this.problem(
        member.value,
        {
          code: 'SCRIPT_SECRET',
          cause: `${trimmed(member.key)} looks like a secret; it is not kept.`,
        },
        member.start,
      );
  }

  /** Not there; the document says what that means. */
  defaulted(parent: Node, key: string, became: string, value: Json, why: string): void {
    const place = this.#source.placeAt(parent.start);
    this.#defaults.push({
      pointer: `${this.pointer(parent)}/${key}`,
      ...place,
      fate: 'defaulted',
      became,
      value,
      why,
    });
    if (!this.origins.has(became)) this.origins.set(became, parent.start);
  }

  /** A member's value by a conversion. Undefined: it says nothing, or does not fit, which is then said. */
  value(member: Member, conversion: Conversion): Json | undefined {
    const written = toJson(member.value);
    const found = conversion.read(written);
    if (!(found instanceof Misfit)) return found;
    this.settle(member, { fate: 'unsupported', code: found.code, why: 'The value does not fit.' });
    if (typeof written === 'string' && hasVariable(written))
      this.problem(member.value, {
        code: 'SCRIPT_VARIABLE',
        cause: `${trimmed(member.key)} holds a variable where ${conversion.takes} is expected.`,
      });
    else this.problem(member.value, { code: found.code, cause: `${trimmed(member.key)}: ${found.cause}` });
    return undefined;
  }

  /** Every key of the script and every default, in the order of the text. */
  report(): ReportEntry[] {
    for (const keys of this.#opened) keys.settleRest(this.#isStrict);
    const entries: ReportEntry[] = [];
    const visit = (node: Node, above: Settled | undefined): void => {
      if (node.kind === 'list') for (const item of node.items) visit(item, above);
      if (node.kind !== 'object') return;
      for (const member of node.members) {
        const settled = this.#settled.get(member) ?? withoutPlace(above);
        entries.push({
          pointer: this.#memberPointer(node, member),
          ...this.#source.placeAt(member.start),
          ...settled,
        });
        visit(member.value, settled);
      }
    };
    visit(this.root, undefined);
    return [...entries, ...this.#defaults].toSorted((a, b) => a.line - b.line || a.column - b.column);
  }

  #memberPointer(object: ObjectNode, member: Member): string {
    return `${this.pointer(object)}${pointerOf([member.key])}`;
  }
}

/** What lies within a part that was taken as a whole shares its fate. */
function withoutPlace(above: Settled | undefined): Settled {
  if (above === undefined) return { fate: 'ignored', why: 'Nothing reads it.' };
  const { fate, became, code } = above;
  return {
    fate,
    ...(became === undefined ? {} : { became }),
    ...(code === undefined ? {} : { code }),
    why: 'It belongs to the key above it.',
  };
}

const normal = (key: string): string => trimmed(key).toLowerCase();

/** The keys of one object of a script: found in any case, each once. */
export class Keys {
  readonly node: ObjectNode;
  readonly keepAs: string | undefined;
  readonly #reading: Reading;
  readonly #rest = new Map<string, Member[]>();
  readonly #known = new Set<string>();

  constructor(reading: Reading, node: ObjectNode, keepAs: string | undefined) {
    this.#reading = reading;
    this.node = node;
    this.keepAs = keepAs;
    for (const member of node.members) {
      const name = normal(member.key);
      // The parser has refused it.
      if (name === '__proto__') {
        reading.settle(member, {
          fate: 'ignored',
          why: 'No key may be named so.',
          code: 'SCRIPT_FORBIDDEN_KEY',
        });
        continue;
      }
      const same = this.#rest.get(name);
      if (same === undefined) this.#rest.set(name, [member]);
      else same.push(member);
    }
  }

  /** The member of this name, or of one of its other spellings; of repeated ones the last. It counts as read from now on. */
  take(name: string, also: readonly string[] = []): Member | undefined {
    this.#known.add(name);
    let found: Member | undefined;
    for (const spelling of [name, ...also]) {
      const members = this.#rest.get(normal(spelling)) ?? [];
      this.#rest.delete(normal(spelling));
      for (const member of members) {
        if (found !== undefined) this.#repeated(member.start > found.start ? found : member, name);
        if (found === undefined || member.start > found.start) found = member;
      }
    }
    return found;
  }

  has(name: string): boolean {
    return this.#rest.has(normal(name));
  }

  /** Members that nobody took. */
  get rest(): Member[] {
    return [...this.#rest.values()].flat();
  }

  #repeated(member: Member, name: string): void {
    this.#reading.settle(member, {
      fate: 'ignored',
      why: 'The key is repeated; the last one counts.',
      code: 'SCRIPT_REPEATED_KEY',
    });
    // The parser has said it of keys that are spelled alike.
    if (
      trimmed(member.key) !== name ||
      this.node.members.filter(({ key }) => key === member.key).length === 1
    )
      this.#reading.problem(
        member.value,
        { code: 'SCRIPT_REPEATED_KEY', cause: `${name} stands there more than once, in several spellings.` },
        member.start,
      );
  }

  /** What nobody took is not known: a warning with the nearest known key, an error when that is wanted. */
  settleRest(isStrict: boolean): void {
    for (const member of this.rest) {
      const key = trimmed(member.key);
      const near = nearest(key, this.#known);
      const hint = near === undefined ? {} : { nearest: near };
      this.#reading.settle(member, {
        fate: 'ignored',
        why: 'The key is not known.',
        code: 'SCRIPT_UNKNOWN_KEY',
        ...hint,
      });
      this.#reading.problem(
        member.value,
        {
          code: 'SCRIPT_UNKNOWN_KEY',
          severity: isStrict ? 'error' : 'warning',
          cause: `There is no key ${key.slice(0, 60)} here.${near === undefined ? '' : ` Did you mean ${near}?`}`,
          ...(near === undefined ? {} : { remedy: `Write ${near}, or remove the key.` }),
        },
        member.start,
      );
      if (this.keepAs !== undefined) this.#reading.keep(member, `${this.keepAs}${pointerOf([key])}`);
    }
    this.#rest.clear();
  }
}

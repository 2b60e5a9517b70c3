import type { ConnectorSpec } from '@sluice/model';
import { type Json, type Member, pathOf, toJson } from '../syntax/node.ts';
import { hasVariable, trimmed } from '../syntax/json-text.ts';
import { isSchema, resolved, schemaHas, type Surroundings } from '../surroundings.ts';
import type { KeyRule, Side } from './field-table.ts';
import type { Reading } from './reading.ts';

/** A document in the making. */
export class Draft {
  readonly reading: Reading;
  readonly value: { [key: string]: Json } = {
    mode: 'full',
    reader: { dataSource: '', parameters: {} },
    writer: { dataSource: '', parameters: {} },
  };
  /** Types as the script names them. */
  readonly typeNames: { [K in Side]?: string } = {};
  /** Names in the header of written files. */
  header: readonly string[] | undefined;
  readonly #surroundings: Surroundings;
  readonly #specs: { [K in Side]?: ConnectorSpec } = {};

  constructor(reading: Reading, surroundings: Surroundings) {
    this.reading = reading;
    this.#surroundings = surroundings;
  }

  connect(side: Side, connector: string): ConnectorSpec | undefined {
    const spec = this.#surroundings.connector(connector);
    if (spec !== undefined) this.#specs[side] = spec;
    return spec;
  }

  spec(side: Side): ConnectorSpec | undefined {
    return this.#specs[side];
  }

  set(pointer: string, value: Json): void {
    const path = pathOf(pointer);
    let at = this.value;
    for (const step of path.slice(0, -1)) at = (at[step] ??= {}) as { [key: string]: Json };
    at[path.at(-1)!] = value;
  }

  get(pointer: string): Json | undefined {
    let at: Json | undefined = this.value;
    for (const step of pathOf(pointer))
      at = typeof at === 'object' && at !== null ? (at as { [key: string]: Json })[step] : undefined;
    return at;
  }

  has(pointer: string): boolean {
    return this.get(pointer) !== undefined;
  }

  /** Whether a cast may have a format: the schema then lets it be an object. */
  get castsByFormat(): boolean {
    const { schema } = this.#surroundings;
    const properties = resolved(schema, { $ref: '#/$defs/field' })?.['properties'];
    const cast = isSchema(properties) ? properties['cast'] : undefined;
    return isSchema(cast) && cast['type'] !== 'string';
  }

  /** Whether our side can do it: the connector's spec knows the parameter, the schema of task documents the field. */
  supports(pointer: string): boolean {
    const path = pathOf(pointer);
    const [side, parameters, name] = path;
    if ((side === 'reader' || side === 'writer') && parameters === 'parameters') {
      // Without a connector the type itself is the problem, and it is said once.
      const spec = this.#specs[side];
      return spec === undefined || Object.hasOwn(spec[side]?.properties ?? {}, name ?? '');
    }
    return schemaHas(this.#surroundings.schema, path);
  }

  /** A key that becomes one field, as its rule says. */
  put(rule: KeyRule, member: Member, keepAs: string): void {
    const { becomes, conversion } = rule;
    if (becomes === undefined || conversion === undefined)
      return this.reading.ignored(member, keepAs, rule.why);
    const value = this.reading.value(member, conversion);
    if (value === undefined) return this.saysNothing(member, keepAs, becomes);
    if (typeof value === 'string' && rule.idle?.test(value) === true)
      return this.reading.ignored(member, keepAs, rule.why);
    this.place(member, becomes, value, { keepAs, changesRows: rule.changesRows, why: rule.why });
  }

  /**
   * A key whose value is empty; one that does not fit is settled already. A variable stays where the value would be: it is known when
   * the task is started.
   */
  saysNothing(member: Member, keepAs: string | undefined, becomes?: string): void {
    const { reading } = this;
    if (!reading.isSettled(member)) return reading.ignored(member, keepAs, 'It says nothing.');
    const written = toJson(member.value);
    if (becomes === undefined || typeof written !== 'string' || !hasVariable(written)) return;
    this.set(becomes, written);
    reading.settle(member, { fate: 'unsupported', became: becomes, code: 'SCRIPT_VARIABLE', value: written });
  }

  /**
   * A value where our side has it. What it lacks is left out with a warning when the rows are the same without it; else it stays in
   * the document, which then cannot be stored as it is, and is an error.
   */
  place(
    member: Member,
    becomes: string,
    value: Json,
    {
      keepAs,
      changesRows,
      why,
    }: { readonly keepAs: string; readonly changesRows: boolean; readonly why?: string },
  ): void {
    const { reading } = this;
    const key = trimmed(member.key);
    if (!this.supports(becomes)) {
      const code = changesRows ? 'SCRIPT_UNSUPPORTED' : 'SCRIPT_NO_EFFECT';
      const side = becomes.startsWith('/reader') ? 'reader' : 'writer';
      const whose = becomes.includes('/parameters/')
        ? `the ${side} of ${this.#specs[side]?.title ?? 'this type'}`
        : 'a task';
      reading.settle(member, { fate: 'unsupported', became: becomes, code, value, ...(why ? { why } : {}) });
      reading.problem(
        member.value,
        {
          code,
          cause: `${key} would become ${becomes}, which ${whose} does not have yet.${why ? ` ${why}` : ''}`,
        },
        member.start,
      );
      if (changesRows) this.set(becomes, value);
      else reading.keep(member, keepAs);
      return;
    }
    this.set(becomes, value);
    if (holdsVariable(value)) {
      reading.settle(member, { fate: 'unsupported', became: becomes, code: 'SCRIPT_VARIABLE', value });
      reading.problem(member.value, {
        code: 'SCRIPT_VARIABLE',
        cause: `${key} holds a variable of a schedule, which would be taken as it stands.`,
      });
    } else reading.mapped(member, becomes, value);
  }

  /** What the script does not say; the document says what that means in its dialect. */
  fill(
    parent: Parameters<Reading['defaulted']>[0],
    key: string,
    becomes: string,
    value: Json,
    why: string,
  ): void {
    this.set(becomes, value);
    this.reading.defaulted(parent, key, becomes, value, why);
  }
}

export function holdsVariable(value: Json): boolean {
  if (typeof value === 'string') return hasVariable(value);
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((one) => holdsVariable(one as Json))
  );
}

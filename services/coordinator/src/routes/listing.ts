import { SluiceError } from '@sluice/model';
import type { ListQuery } from '@sluice/ports';
import { nearest } from '@sluice/script/nearest';

/** What a caller may ask of every list. */
export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly sort?: string;
  readonly fields?: string;
}

export interface NamedQuery extends PageQuery {
  readonly name?: string;
}

/** Query parameters for what has a time. */
export const BETWEEN = {
  since: { type: 'integer', minimum: 0, description: 'Milliseconds since 1970: from then on.' },
  until: { type: 'integer', minimum: 0, description: 'Milliseconds since 1970: before then.' },
} as const;

/** What a list can be sorted by: the name the API has for the order of the store. */
type Sorts = Readonly<Record<string, NonNullable<ListQuery['order']>>>;

const NAMED: Sorts = { createdAt: 'id', name: 'name' };

/** One list: its query parameters, and how they become a query of the store. */
export class Listing {
  /** JSON schema of the query. Nothing else may be given: a query must not be able to name another workspace. */
  readonly query: {
    readonly type: 'object';
    readonly properties: object;
    readonly additionalProperties: false;
  };
  readonly #sorts: Sorts;
  readonly #usual: string;
  readonly #fields: readonly string[];

  /**
   * @param fields the fields of an item, which `fields` may choose from
   * @param more further query parameters, as JSON schemas
   * @param usual the order without `sort`; `-` before it: the last first
   */
  constructor(fields: readonly string[], more: object = {}, sorts: Sorts = {}, usual = '') {
    this.#fields = fields;
    this.#sorts = sorts;
    this.#usual = usual;
    const orders = Object.keys(sorts).flatMap((name) => [name, `-${name}`]);
    const sort = { type: 'string', enum: orders, description: `Default ${usual}; \`-\`: the last first.` };
    this.query = {
      type: 'object',
      properties: {
        limit: { type: 'integer', minimum: 1, maximum: 200 },
        cursor: { type: 'string', maxLength: 1000, description: '`nextCursor` of the page before.' },
        ...(orders.length === 0 ? {} : { sort }),
        fields: {
          type: 'string',
          maxLength: 1000,
          description: 'Only these fields of each item, separated by commas.',
        },
        ...more,
      },
      additionalProperties: false,
    };
  }

  /** A list of objects that are known by name within their workspace. */
  static named(fields: readonly string[]): Listing {
    const name = { type: 'string', maxLength: 200, description: 'Exact name.' };
    return new Listing(fields, { name }, NAMED, 'createdAt');
  }

  /** For the store. Throws SLUICE_CFG_INVALID for a field that no item has. */
  wanted({ limit, cursor, sort, fields }: PageQuery): ListQuery {
    this.#chosen(fields);
    const by = sort ?? this.#usual;
    const order = this.#sorts[by.replace(/^-/, '')];
    return {
      ...(limit === undefined ? {} : { limit }),
      ...(cursor === undefined ? {} : { cursor }),
      ...(order === undefined ? {} : { order }),
      ...(by.startsWith('-') ? { descending: true } : {}),
    };
  }

  /** A page as it is answered: every item as it is shown, of that only the fields that were chosen. */
  page<T>(
    found: { readonly items: readonly T[]; readonly nextCursor?: string },
    shown: (row: T) => object,
    { fields }: PageQuery,
  ): { items: object[]; nextCursor?: string } {
    const chosen = this.#chosen(fields);
    const items = found.items.map((row) => {
      const item = shown(row);
      if (chosen === undefined) return item;
      return Object.fromEntries(Object.entries(item).filter(([name]) => chosen.has(name)));
    });
    return found.nextCursor === undefined ? { items } : { items, nextCursor: found.nextCursor };
  }

  #chosen(fields: string | undefined): ReadonlySet<string> | undefined {
    if (fields === undefined || fields === '') return undefined;
    const chosen = fields.split(',').map((name) => name.trim());
    for (const name of chosen) {
      if (this.#fields.includes(name)) continue;
      const near = nearest(name, this.#fields);
      const detail = `There is no field ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`;
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail,
        place: 'fields',
        hint: `Choose from ${this.#fields.join(', ')}.`,
        fields: [{ pointer: '/fields', detail }],
      });
    }
    return new Set(chosen);
  }
}

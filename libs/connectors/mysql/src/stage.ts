import type { WriteMode, WritePlan } from '@sluice/model';
import type { Link } from './connection.ts';
import { quoteName } from './identifier.ts';
import type { TargetTable } from './target-table.ts';
import { refuseWarnings } from './target-warnings.ts';

const STAGE = '`_sluice_stage`';
const ONE = '`_sluice_one`';

/** Modes that leave rows alone, and so must know which. */
export const MARKED: ReadonlySet<WriteMode> = new Set(['ignore', 'update']);

/**
 * A temporary table with the target's columns as `c0`, `c1`, ... in the order the rows come, and what a mode makes of its rows, as if
 * they came one by one. A temporary table commits nothing.
 */
export class Stage {
  readonly name = STAGE;
  readonly #link: Link;
  readonly #plan: WritePlan;
  readonly #target: TargetTable;

  constructor(link: Link, plan: WritePlan, target: TargetTable) {
    this.#link = link;
    this.#plan = plan;
    this.#target = target;
  }

  /** Name of a target column here. */
  column(name: string): string {
    return `c${this.#target.names.indexOf(name)}`;
  }

  async create(): Promise<void> {
    await this.#link.query(`drop temporary table if exists ${STAGE}`);
    const columns = this.#target.names.map((name, index) => `${name} as c${index}`).join(', ');
    const hit = MARKED.has(this.#plan.mode) ? ', hit tinyint not null default 0' : '';
    await this.#link.query(
      `create temporary table ${STAGE} (no bigint not null auto_increment primary key${hit})
         engine = InnoDB select ${columns} from ${this.#target.name} where false`,
    );
  }

  /** Applies the mode; answers by part how many of its records were left alone. Undefined: none. */
  async merge(parts: readonly number[]): Promise<readonly number[] | undefined> {
    return MERGES[this.#plan.mode]!(this, parts);
  }

  /** `insert` of all rows of the stage, `s`, in no order yet. */
  get insert(): string {
    const { name, names } = this.#target;
    const columns = names.map((column) => `s.${this.column(column)}`).join(', ');
    return `insert into ${name} (${names.join(', ')}) select ${columns} from ${STAGE} s`;
  }

  get target(): TargetTable {
    return this.#target;
  }

  /** The row of the same key in the target, `t`, for a row `s` of the stage. */
  get isSame(): string {
    return this.#keys.map((name) => `t.${name} = s.${this.column(name)}`).join(' and ');
  }

  /** Runs a statement whose warnings are failures; answers the rows it affected. */
  async run(sql: string): Promise<number> {
    const answer = await this.#link.query(sql);
    await refuseWarnings(
      this.#link,
      answer,
      this.#plan.schema.columns.map((column) => column.name),
    );
    return answer.affected;
  }

  /** Marks what has a row of its key in the target already, under a lock on that row. */
  mark(): Promise<number> {
    return this.run(`update ${STAGE} s join ${this.#target.name} t on ${this.isSame} set s.hit = 1`);
  }

  /** Counts rows of the stage by part. `what`: a condition on `hit` and on `nth`, the how-manieth of its key it is. */
  async count(parts: readonly number[], what: string): Promise<readonly number[]> {
    let first = 1;
    const starts = parts.map((records) => (first += records) - records);
    const answer = await this.#link.query(
      `select interval(rank_, ${starts.join(', ')}), count(*) from (
         select hit, row_number() over (order by no) as rank_, row_number() over (partition by ${this.#keyColumns} order by no) as nth
         from ${STAGE}) numbered where ${what} group by 1`,
    );
    const counts = parts.map(() => 0);
    for (const [part, count] of answer.rows) counts[Number(part) - 1] = Number(count);
    return counts;
  }

  /** The first or last row of each key, in a table of their own: a statement may name a temporary table only once. */
  async one(which: 'min' | 'max'): Promise<string> {
    await this.#link.query(`drop temporary table if exists ${ONE}`);
    await this.#link.query(
      `create temporary table ${ONE} (primary key (one_)) engine = InnoDB
         select ${which}(no) as one_ from ${STAGE} group by ${this.#keyColumns}`,
    );
    return ONE;
  }

  get #keys(): readonly string[] {
    return this.#plan.schema.key.map(quoteName);
  }

  get #keyColumns(): string {
    return this.#keys.map((name) => this.column(name)).join(', ');
  }
}

type Merge = (stage: Stage, parts: readonly number[]) => Promise<readonly number[] | undefined>;

const MERGES: Readonly<Partial<Record<WriteMode, Merge>>> = {
  async upsert(stage) {
    const { target } = stage;
    const set = target.updated.map((name) => `${target.name}.${name} = s.${stage.column(name)}`).join(', ');
    await stage.run(`${stage.insert} order by s.no on duplicate key update ${set}`);
    return undefined;
  },

  /** The first record of a key finds none or leaves it alone; those behind it find one. */
  async ignore(stage, parts) {
    await stage.mark();
    const skipped = await stage.count(parts, 'hit = 1 or nth > 1');
    const first = await stage.one('min');
    await stage.run(`${stage.insert} join ${first} f on s.no = f.one_ where s.hit = 0 order by s.no`);
    return skipped;
  },

  /** A record that a later one of its key replaces was written too. */
  async update(stage, parts) {
    const { target } = stage;
    await stage.mark();
    const last = await stage.one('max');
    const set = target.updated.map((name) => `t.${name} = s.${stage.column(name)}`).join(', ');
    await stage.run(
      `update ${last} l join ${STAGE} s on s.no = l.one_ join ${target.name} t on ${stage.isSame} set ${set}`,
    );
    return stage.count(parts, 'hit = 0');
  },

  async replace(stage) {
    await stage.run(`${stage.insert.replace('insert', 'replace')} order by s.no`);
    return undefined;
  },
};

import {
  type FilterSyntax,
  type GenerationWork,
  ownStatement,
  type RunnableStatement,
} from '@sluice/connector-sdk';
import type { WritePlan } from '@sluice/model';
import type { Link } from './connection.ts';
import { quoteTable, type TableName } from './identifier.ts';
import { discardStaging, swapStaging } from './overwrite.ts';

const SYNTAX: FilterSyntax = { backslash: 'all', hashComment: true, quotes: `'"\``, refused: '' };

/** What MySQL commits by itself; not so a temporary table. */
const COMMITTED: ReadonlySet<string> = new Set(['truncate', 'analyze']);

/** Where MySQL commits by itself (truncate, rename, create, drop), the step is counted right behind it, and may come twice. */
export class MysqlWork implements GenerationWork {
  readonly #link: Link;
  readonly #table: TableName;
  readonly #inMode: (plan: WritePlan) => Promise<void>;

  /** @param inMode puts the session into the plan's sql_mode */
  constructor(link: Link, table: TableName, inMode: (plan: WritePlan) => Promise<void>) {
    this.#link = link;
    this.#table = table;
    this.#inMode = inMode;
  }

  async step(body: () => Promise<void>): Promise<void> {
    await this.#link.protocol('start transaction read write');
    try {
      await body();
      await this.#link.protocol('commit');
    } catch (error) {
      await this.#link.protocol('rollback').catch(() => this.#link.destroy());
      throw error;
    }
  }

  statements(plan: WritePlan, texts: readonly string[], place: string): readonly RunnableStatement[] {
    return texts.map((text, index) => {
      const { isOfSession, verb, on } = ownStatement(text, SYNTAX, `${place}/${index}`);
      const run = async (): Promise<void> => {
        await this.#inMode(plan);
        await this.#link.protocol(on(quoteTable(this.#table)));
      };
      return { isOfSession, commits: COMMITTED.has(verb), run };
    });
  }

  async swap(plan: WritePlan): Promise<void> {
    await swapStaging(this.#link, this.#table, plan);
  }

  async discard(plan: WritePlan): Promise<void> {
    await discardStaging(this.#link, this.#table, plan);
  }
}

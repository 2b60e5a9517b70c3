import { type BulkWrite, emptyAsNull } from '@sluice/connector-sdk';
import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import type { Link } from './connection.ts';
import { columnNamed } from './errors.ts';
import { RowEncoder } from './row-encoder.ts';
import { MARKED, Stage } from './stage.ts';
import type { TargetTable } from './target-table.ts';
import { refuseWarnings } from './target-warnings.ts';
import { TextBuffer } from './text-buffer.ts';

/** Bytes of one statement, unless a single row is larger. */
const STATEMENT = 1024 * 1024;

interface OpenInsert {
  readonly target: TargetTable;
  readonly encoder: RowEncoder;
  /** `insert into ... values `. */
  readonly head: string;
  readonly stage: Stage | undefined;
}

/**
 * Strict multi-row inserts of literals: the exact path for single records, and the only one where local_infile is off.
 * Errors come from the server with their errno; a warning is an error too.
 */
export class InsertBulk implements BulkWrite {
  readonly #link: Link;
  readonly #plan: WritePlan;
  readonly #target: () => Promise<TargetTable>;
  readonly #maxPacket: number;
  #open: OpenInsert | undefined;
  /** Rows in the statement under way. */
  #pending = 0;
  #taken = 0;
  /** Records of each `write`. */
  readonly #parts: number[] = [];
  skipped: readonly number[] | undefined;

  /** @param maxPacket the server's limit for a statement, bytes */
  constructor(link: Link, plan: WritePlan, target: () => Promise<TargetTable>, maxPacket: number) {
    this.#link = link;
    this.#plan = plan;
    this.#target = target;
    this.#maxPacket = maxPacket;
  }

  async write(rows: Buffer, recordCount: number): Promise<void> {
    const { encoder, target } = (this.#open ??= await this.#start());
    const { out } = encoder;
    const { schema } = this.#plan;
    const cursor = encoder.cursor(
      target.empty === undefined ? rows : emptyAsNull(schema, target.empty, rows),
    );
    this.#parts.push(recordCount);
    const limit = Math.min(STATEMENT, this.#maxPacket >> 1);
    while (cursor.more()) {
      if (this.#pending > 0) out.byte(0x2c);
      encoder.row(cursor);
      this.#pending++;
      if (out.length >= limit) await this.#flush();
    }
  }

  async end(): Promise<number> {
    if (this.#pending > 0) await this.#flush();
    this.skipped = await this.#open?.stage?.merge(this.#parts);
    return this.#taken;
  }

  async abort(): Promise<void> {
    this.#pending = 0;
    this.#open?.encoder.out.clear();
  }

  async #start(): Promise<OpenInsert> {
    const target = await this.#target();
    const encoder = new RowEncoder(this.#plan.schema, target.columns, 'literals', new TextBuffer(64 * 1024));
    if (!MARKED.has(this.#plan.mode)) {
      const verb = this.#plan.mode === 'replace' ? 'replace' : 'insert';
      const head = `${verb} into ${target.name} (${target.names.join(', ')}) values `;
      return { target, encoder, head, stage: undefined };
    }
    const stage = new Stage(this.#link, this.#plan, target);
    await stage.create();
    const columns = target.names.map((name) => stage.column(name)).join(', ');
    return { target, encoder, head: `insert into ${stage.name} (${columns}) values `, stage };
  }

  async #flush(): Promise<void> {
    const { encoder, head, target } = this.#open!;
    const rows = this.#pending;
    // Text is UTF-8 that the reader has checked, so that it survives the way through a string.
    const values = encoder.out.view().toString('utf8');
    const bytes = encoder.out.length + head.length;
    encoder.out.clear();
    this.#pending = 0;
    if (bytes + 4096 > this.#maxPacket)
      throw new SluiceError(
        'SLUICE_TGT_VALUE',
        `A record of ${bytes} bytes is beyond the server's max_allowed_packet (${this.#maxPacket}).`,
      );
    const tail =
      this.#plan.mode !== 'upsert'
        ? ''
        : ` on duplicate key update ${target.updated.map((name) => `${name} = values(${name})`).join(', ')}`;
    const columns = this.#plan.schema.columns.map((column) => column.name);
    const answer = await this.#run(`${head}${values}${tail}`, columns);
    await refuseWarnings(this.#link, answer, columns);
    this.#taken += KEYED_MODES.has(this.#plan.mode) ? rows : answer.affected;
  }

  async #run(sql: string, columns: readonly string[]): ReturnType<Link['query']> {
    try {
      return await this.#link.query(sql);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.kind !== 'data') throw error;
      const place = columnNamed(error.detail, columns);
      if (place === undefined) throw error;
      throw new SluiceError(error.code, { detail: error.detail, cause: error.cause, place });
    }
  }
}

import { Readable } from 'node:stream';
import { type BulkWrite, emptyAsNull } from '@sluice/connector-sdk';
import { KEYED_MODES, SluiceError, type WritePlan } from '@sluice/model';
import type { Answer, Link } from './connection.ts';
import { RowEncoder } from './row-encoder.ts';
import { Stage } from './stage.ts';
import type { TargetTable } from './target-table.ts';
import { refuseWarnings } from './target-warnings.ts';
import { TextBuffer } from './text-buffer.ts';

/** Bytes of one packet of data. */
const CHUNK = 256 * 1024;

interface OpenLoad {
  readonly stage: Stage | undefined;
  readonly empty: TargetTable['empty'];
  readonly encoder: RowEncoder;
  readonly stream: ChunkStream;
}

/**
 * LOAD DATA LOCAL from a stream of our own, whose warnings and shortfalls are failures (D-16); for modes that go by a key into a
 * stage, in order.
 */
export class InfileBulk implements BulkWrite {
  readonly #link: Link;
  readonly #plan: WritePlan;
  readonly #target: () => Promise<TargetTable>;
  #load: OpenLoad | undefined;
  #statement: Promise<Answer> | undefined;
  /** Records of each `write`. */
  readonly #parts: number[] = [];
  skipped: readonly number[] | undefined;

  constructor(link: Link, plan: WritePlan, target: () => Promise<TargetTable>) {
    this.#link = link;
    this.#plan = plan;
    this.#target = target;
  }

  async write(rows: Buffer, recordCount: number): Promise<void> {
    const { encoder, stream, empty } = (this.#load ??= await this.#start());
    const { out } = encoder;
    const cursor = encoder.cursor(empty === undefined ? rows : emptyAsNull(this.#plan.schema, empty, rows));
    while (cursor.more()) {
      encoder.row(cursor);
      if (out.length >= CHUNK) await this.#push(stream, out);
    }
    this.#parts.push(recordCount);
  }

  async end(): Promise<number> {
    if (this.#load === undefined) return 0;
    const { encoder, stream, stage } = this.#load;
    if (encoder.out.length > 0) await this.#push(stream, encoder.out);
    stream.push(null);
    const columns = this.#plan.schema.columns.map((column) => column.name);
    const answer = await this.#statement!;
    this.#statement = undefined;
    await refuseWarnings(this.#link, answer, columns);
    if (stage === undefined) return answer.affected;
    const sent = this.#parts.reduce((sum, records) => sum + records, 0);
    if (answer.affected !== sent)
      throw new SluiceError('SLUICE_TGT_VALUE', `The target took ${answer.affected} of ${sent} records.`);
    this.skipped = await stage.merge(this.#parts);
    return sent;
  }

  async abort(): Promise<void> {
    const statement = this.#statement;
    this.#statement = undefined;
    if (statement === undefined) return;
    // The stream just ends, whether the server has asked for it yet or not; what has arrived is rolled back next.
    this.#load?.stream.push(null);
    await statement.catch(() => undefined);
  }

  async #start(): Promise<OpenLoad> {
    const target = await this.#target();
    const stage = KEYED_MODES.has(this.#plan.mode) ? new Stage(this.#link, this.#plan, target) : undefined;
    await stage?.create();
    const stream = new ChunkStream();
    const statement = this.#link.load(loadStatement(target, stage), FILE, stream);
    statement.catch(() => undefined);
    this.#statement = statement;
    const encoder = new RowEncoder(
      this.#plan.schema,
      target.columns,
      'lines',
      new TextBuffer(CHUNK + 64 * 1024),
    );
    return { stage, encoder, stream, empty: target.empty };
  }

  /** The chunk is copied into the connection when this resolves: its memory is written anew. */
  async #push(stream: ChunkStream, out: TextBuffer): Promise<void> {
    const taken = stream.send(out.view());
    // The statement may fail before it reads anything.
    await Promise.race([taken, this.#statement!]);
    out.clear();
  }
}

/** The name that the statement asks its data by. */
const FILE = 'sluice';

function loadStatement(target: TargetTable, stage: Stage | undefined): string {
  const own = (text: string): string =>
    stage !== undefined && target.names.includes(text) ? stage.column(text) : text;
  const fields = target.fields.map(own).join(', ');
  const assignments = target.assignments.map((text) => {
    const at = text.indexOf(' = ');
    return `${own(text.slice(0, at))}${text.slice(at)}`;
  });
  return `load data local infile '${FILE}' into table ${stage?.name ?? target.name} character set utf8mb4
    fields terminated by '\\t' enclosed by '' escaped by '\\\\' lines terminated by '\\n'
    (${fields})${assignments.length === 0 ? '' : ` set ${assignments.join(', ')}`}`;
}

/** One chunk at a time; `send` resolves when the driver has copied it. */
class ChunkStream extends Readable {
  #taken: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 1 });
  }

  send(chunk: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#taken = resolve;
      this.push(chunk);
    });
  }

  /** Called in the same turn in which the chunk before is given to the driver, which copies it. */
  override _read(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }
}

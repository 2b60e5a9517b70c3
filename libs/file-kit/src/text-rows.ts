import { RowCursor } from '@sluice/connector-sdk';
import type { RowSchema } from '@sluice/model';
import type { Encoded, RowsEncoder } from './file-format.ts';
import { TextBuffer } from './text-buffer.ts';

/** Rows as lines of text. */
export class TextRows implements RowsEncoder {
  readonly streams = true;
  readonly #schema: RowSchema;
  readonly #write: (out: TextBuffer, cursor: RowCursor) => void;
  readonly #out = new TextBuffer();

  /** `write`: appends the record that the cursor stands before; throws a data error for one that has no form. */
  constructor(schema: RowSchema, write: (out: TextBuffer, cursor: RowCursor) => void) {
    this.#schema = schema;
    this.#write = write;
  }

  get pendingBytes(): number {
    return this.#out.length;
  }

  add(rows: Buffer): void {
    const out = this.#out;
    const before = out.length;
    const cursor = new RowCursor(this.#schema, rows);
    try {
      while (cursor.more()) this.#write(out, cursor);
    } catch (error) {
      out.cutTo(before);
      throw error;
    }
  }

  take(): Encoded {
    return { data: this.#out.take() };
  }

  mark(): void {}

  reset(): void {
    this.clear();
  }

  clear(): void {
    this.#out.cutTo(0);
  }
}

import type { RecordWindow } from './record-window.ts';

/** Finds records in text; knows one format. It begins at a record's first byte and keeps nothing between records. */
export interface RecordScanner {
  /**
   * Looks at the record that begins at `from`. Answers where the next one begins; -1 when this one does not end before `to`,
   * which is no answer when the text has `ended` there. What follows is about the record that was looked at last.
   */
  scan(buffer: Buffer, from: number, to: number, ended: boolean): number;
  /** Lines that it is made of. */
  readonly lines: number;
  /** Nothing but a line end where that is no record. */
  readonly isBlank: boolean;
  /** Why it is none, in words; undefined: it is one. Then only its first line counts as read. */
  readonly fault: string | undefined;
}

export type Step = 'record' | 'bad' | 'more' | 'end';

/**
 * Goes through a file record by record. What is no record costs its first line, and reading goes on behind that: an opening
 * quote that is never closed does not swallow the file, and a line of any length needs no memory. Where a record begins
 * depends on nothing but the bytes before it, so that reading can be taken up behind any of them.
 */
export class RecordWalk {
  readonly #window: RecordWindow;
  readonly #scanner: RecordScanner;
  /** Lines before the next record. */
  line: number;
  /** Number of the line that the last record begins in, from 1. */
  at = 1;
  /** Bytes of the last record in the window's buffer; good until `more`. */
  from = 0;
  to = 0;
  /** What is wrong with the last record, after `bad`. */
  fault = '';
  #oversize = 0;

  constructor(window: RecordWindow, scanner: RecordScanner, line: number) {
    this.#window = window;
    this.#scanner = scanner;
    this.line = line;
  }

  /** The next record; after `more` call `more` first. */
  step(): Step {
    const window = this.#window;
    const scanner = this.#scanner;
    if (this.#oversize > 0) return this.#tooLong();
    for (;;) {
      const { buffer, start, end, ended } = window;
      if (start === end) return ended ? 'end' : 'more';
      const next = scanner.scan(buffer, start, end, ended);
      if (next < 0) return 'more';
      this.from = start;
      if (scanner.fault !== undefined) {
        const line = window.lineEnd();
        this.fault = scanner.fault;
        return this.#taken(line < 0 || line > next ? next : line, 1, 'bad');
      }
      if (!scanner.isBlank) return this.#taken(next, scanner.lines, 'record');
      this.#taken(next, scanner.lines, 'record');
    }
  }

  /** Reads on. A record for which there is no room is passed; the next `step` tells. */
  async more(): Promise<void> {
    const window = this.#window;
    if ((await window.fill()) || window.ended) return;
    this.from = window.start;
    this.at = this.line + 1;
    const line = window.lineEnd();
    this.to = line < 0 ? window.end : line;
    this.#oversize = this.to - this.from;
    if (line >= 0) {
      window.start = line;
      this.line++;
      return;
    }
    const offset = window.offset;
    this.line += await window.skipLine();
    this.#oversize = window.offset - offset;
    this.from = this.to = window.start;
  }

  #taken(next: number, lines: number, step: Step): Step {
    this.#window.start = this.to = next;
    this.at = this.line + 1;
    this.line += lines;
    return step;
  }

  #tooLong(): Step {
    this.fault = `the record is longer than ${this.#oversize - 1} bytes`;
    this.#oversize = 0;
    return 'bad';
  }
}

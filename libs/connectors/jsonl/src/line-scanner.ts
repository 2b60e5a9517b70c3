import type { RecordScanner } from '@sluice/file-kit';

const LF = 0x0a;

/** A record is a line; one of white space only is none. */
export class LineScanner implements RecordScanner {
  lines = 1;
  isBlank = false;
  readonly fault = undefined;
  protected buffer: Buffer = Buffer.alloc(0);
  protected from = 0;
  protected to = 0;

  scan(buffer: Buffer, from: number, to: number, ended: boolean): number {
    const found = buffer.subarray(0, to).indexOf(LF, from);
    if (found < 0 && !ended) return -1;
    this.buffer = buffer;
    this.from = from;
    this.to = found < 0 ? to : found;
    this.lines = found < 0 ? 0 : 1;
    let at = from;
    while (at < this.to && (buffer[at] === 0x20 || buffer[at] === 0x09 || buffer[at] === 0x0d)) at++;
    this.isBlank = at === this.to;
    return found < 0 ? to : found + 1;
  }
}

/** Where something stands in a text; both from 1. A column counts UTF-16 units, as editors do. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Characters of a script at most. */
export const MAX_LENGTH = 1024 * 1024;

/** Objects and lists within each other at most. */
export const MAX_DEPTH = 64;

const BYTE_ORDER_MARK = '\uFEFF';

/** A text with its lines: LF, CRLF and a lone CR end one. */
export class SourceText {
  readonly text: string;
  #starts: number[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  placeAt(offset: number): Place {
    const starts = (this.#starts ??= lineStarts(this.text));
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    // A mark at the very start is no column: no editor shows it.
    const mark = low === 0 && this.text.startsWith(BYTE_ORDER_MARK) && offset > 0 ? 1 : 0;
    return { line: low + 1, column: offset - starts[low]! + 1 - mark };
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n?|\n/g)) starts.push(index + end.length);
  return starts;
}

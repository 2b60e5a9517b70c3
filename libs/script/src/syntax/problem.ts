import { type ProblemCode, PROBLEMS, type Severity } from './problem-table.ts';
import type { Place, SourceText } from './source-text.ts';

/** A change of a text: what stands from `start` to `end` becomes `text`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Something about a script that its author should know. */
export interface Problem extends Place {
  readonly severity: Severity;
  readonly code: ProblemCode;
  /** JSON pointer of the place in the script. */
  readonly pointer: string;
  readonly cause: string;
  readonly remedy: string;
  /** The remedy as an edit, where it is one. */
  readonly repair?: TextEdit;
}

export interface ProblemOptions {
  readonly code: ProblemCode;
  readonly offset: number;
  readonly pointer: string;
  readonly cause: string;
  readonly severity?: Severity;
  readonly remedy?: string;
  readonly repair?: TextEdit;
}

/** Problems of one script at most: beyond it they say nothing new. */
const MAX_PROBLEMS = 200;

/** Collects problems of a text. */
export class Problems {
  readonly found: Problem[] = [];
  readonly #source: SourceText;

  constructor(source: SourceText) {
    this.#source = source;
  }

  get hasErrors(): boolean {
    return this.found.some(({ severity }) => severity === 'error');
  }

  add({ code, offset, pointer, cause, severity, remedy, repair }: ProblemOptions): void {
    const entry = PROBLEMS[code];
    const isError = (severity ?? entry.severity) === 'error';
    // An error is never dropped for lack of room: it decides whether the script may run.
    if (this.found.length >= MAX_PROBLEMS && (!isError || this.hasErrors)) return;
    this.found.push({
      severity: severity ?? entry.severity,
      code,
      pointer,
      ...this.#source.placeAt(offset),
      cause,
      remedy: remedy ?? entry.remedy,
      ...(repair === undefined ? {} : { repair }),
    });
  }
}

/** The text after the edits, which do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let [done, at] = ['', 0];
  for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (edit.start < at) throw new RangeError('Edits overlap.');
    done += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return done + text.slice(at);
}

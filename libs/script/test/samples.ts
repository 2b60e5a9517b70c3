import type { Dialect, ProblemCode } from '../src/index.ts';

export interface Sample {
  readonly dialect?: Dialect;
  /** Lines with what is wrong or odd there, in order. */
  readonly says?: readonly (readonly [line: number, code: ProblemCode])[];
  /** Whether the task can be stored and run as it is. */
  readonly isReady: boolean;
  /** Reading stops. `edit`: the repairs that are proposed make it readable; `words`: the remedy says what to do. */
  readonly stops?: 'edit' | 'words';
}

/** What each file of samples/ comes to: it imports, or stops at the right line with a proposed repair. */
export const SAMPLES: Readonly<Record<string, Sample>> = {
  'addax-content-list.json': { dialect: 'addax', isReady: true },
  'addax-extra-brace.json': {
    dialect: 'addax',
    says: [
      [4, 'SCRIPT_BRACKET'],
      [9, 'SCRIPT_AFTER_END'],
    ],
    isReady: true,
  },
  'addax-plain.json': {
    dialect: 'addax',
    says: [
      [3, 'SCRIPT_UNKNOWN_KEY'],
      [20, 'SCRIPT_SECRET'],
      [22, 'SCRIPT_UNSUPPORTED'],
    ],
    isReady: false,
  },
  'datax-bad-url.json': {
    dialect: 'datax',
    says: [
      [3, 'SCRIPT_RANGE'],
      [10, 'SCRIPT_SECRET'],
      [12, 'SCRIPT_URL'],
      [19, 'SCRIPT_SECRET'],
    ],
    isReady: false,
  },
  'datax-classic-mistake.json': {
    dialect: 'datax',
    says: [
      [3, 'SCRIPT_DIRTY_LIMIT'],
      [3, 'SCRIPT_SPEED'],
      [21, 'SCRIPT_UNSUPPORTED'],
    ],
    isReady: false,
  },
  'datax-inner-quotes.json': { says: [[5, 'SCRIPT_QUOTE']], isReady: false, stops: 'edit' },
  'datax-open-comment.json': { says: [[3, 'SCRIPT_COMMENT']], isReady: false, stops: 'edit' },
  'datax-plain.json': {
    dialect: 'datax',
    says: [
      [13, 'SCRIPT_SECRET'],
      [17, 'SCRIPT_NO_EFFECT'],
      [25, 'SCRIPT_SECRET'],
    ],
    isReady: true,
  },
  'datax-transformers.json': {
    dialect: 'datax',
    says: [
      [3, 'SCRIPT_UNSUPPORTED'],
      [12, 'SCRIPT_UNSUPPORTED'],
      [25, 'SCRIPT_UNSUPPORTED'],
      [28, 'SCRIPT_CODE'],
    ],
    isReady: false,
  },
  'datax-text.json': {
    dialect: 'datax',
    says: [
      [17, 'SCRIPT_NO_EFFECT'],
      [24, 'SCRIPT_UNSUPPORTED'],
    ],
    isReady: false,
  },
  'datax-txtfile.json': { dialect: 'datax', isReady: true },
  'neither.json': { says: [[1, 'SCRIPT_DIALECT']], isReady: false, stops: 'words' },
  'sluice-indent.yaml': { says: [[4, 'SCRIPT_YAML']], isReady: false, stops: 'words' },
  'sluice-mistakes.yaml': {
    dialect: 'sluice',
    says: [
      [1, 'SCRIPT_RANGE'],
      [1, 'SCRIPT_UNSUPPORTED'],
      [5, 'SCRIPT_UNKNOWN_KEY'],
      [5, 'SCRIPT_REQUIRED'],
      [11, 'SCRIPT_RANGE'],
      [12, 'SCRIPT_UNKNOWN_KEY'],
    ],
    isReady: false,
  },
  'sluice-plain.json': { dialect: 'sluice', isReady: true },
  'sluice-plain.yaml': { dialect: 'sluice', isReady: true },
  'v1-bare.json': { dialect: 'dataworks-1.0', says: [[2, 'SCRIPT_DIRTY_LIMIT']], isReady: true },
  'v1-ftp.json': { dialect: 'dataworks-1.0', says: [[6, 'SCRIPT_CONNECTOR']], isReady: false },
  'v1-no-writer.json': {
    dialect: 'dataworks-1.0',
    says: [
      [1, 'SCRIPT_PART'],
      [1, 'SCRIPT_DIRTY_LIMIT'],
      [6, 'SCRIPT_UNKNOWN_KEY'],
    ],
    isReady: false,
    stops: 'words',
  },
  'v1-plain.json': { dialect: 'dataworks-1.0', isReady: true },
  'v1-wizard.json': { dialect: 'dataworks-1.0', isReady: true },
  'v2-all-columns.json': {
    dialect: 'dataworks-2.0',
    says: [
      [9, 'SCRIPT_NO_EFFECT'],
      [21, 'SCRIPT_REPEATED_KEY'],
    ],
    isReady: true,
  },
  'v2-column-counts.json': {
    dialect: 'dataworks-2.0',
    says: [
      [15, 'SCRIPT_COLUMNS'],
      [18, 'SCRIPT_RANGE'],
      [18, 'SCRIPT_TYPE'],
    ],
    isReady: false,
  },
  'v2-missing-commas.json': {
    dialect: 'dataworks-2.0',
    says: [
      [2, 'SCRIPT_COMMA'],
      [2, 'SCRIPT_COMMA'],
      [4, 'SCRIPT_COMMA'],
      [5, 'SCRIPT_COMMA'],
      [5, 'SCRIPT_COMMA'],
      [7, 'SCRIPT_CHARACTER'],
      [7, 'SCRIPT_CHARACTER'],
      [7, 'SCRIPT_COMMA'],
      [10, 'SCRIPT_AFTER_END'],
    ],
    isReady: true,
  },
  'v2-no-colon.json': { says: [[4, 'SCRIPT_COLON']], isReady: false, stops: 'edit' },
  'v2-no-first-brace.json': { says: [[1, 'SCRIPT_BRACKET']], isReady: false, stops: 'edit' },
  'v2-no-last-brace.json': { says: [[10, 'SCRIPT_BRACKET']], isReady: false, stops: 'edit' },
  'v2-odps.json': {
    dialect: 'dataworks-2.0',
    says: [
      [8, 'SCRIPT_CONNECTOR'],
      [14, 'SCRIPT_SECRET'],
    ],
    isReady: false,
  },
  'v2-open-list.json': { says: [[5, 'SCRIPT_BRACKET']], isReady: false, stops: 'edit' },
  'v2-plain.json': { dialect: 'dataworks-2.0', isReady: true },
  'v2-plain.yaml': { dialect: 'dataworks-2.0', isReady: true },
  'v2-query.json': {
    dialect: 'dataworks-2.0',
    says: [
      [5, 'SCRIPT_UNSUPPORTED'],
      [5, 'SCRIPT_LINE_BREAK'],
    ],
    isReady: false,
  },
  'v2-sharded.json': {
    dialect: 'dataworks-2.0',
    says: [
      [11, 'SCRIPT_UNSUPPORTED'],
      [12, 'SCRIPT_UNSUPPORTED'],
      [14, 'SCRIPT_UNSUPPORTED'],
      [27, 'SCRIPT_UNSUPPORTED'],
      [28, 'SCRIPT_UNSUPPORTED'],
    ],
    isReady: false,
  },
  'v2-tolerant.json': {
    dialect: 'dataworks-2.0',
    says: [
      [4, 'SCRIPT_QUOTE'],
      [31, 'SCRIPT_DIRTY_LIMIT'],
    ],
    isReady: true,
  },
  'v2-two-readers.json': { dialect: 'dataworks-2.0', says: [[11, 'SCRIPT_PART']], isReady: false },
  'v2-type-typo.json': { dialect: 'dataworks-2.0', says: [[8, 'SCRIPT_CONNECTOR']], isReady: false },
  'v2-unclosed-text.json': { says: [[5, 'SCRIPT_QUOTE']], isReady: false, stops: 'edit' },
  'v2-unknown-keys.json': {
    dialect: 'dataworks-2.0',
    says: [
      [9, 'SCRIPT_UNKNOWN_KEY'],
      [15, 'SCRIPT_UNKNOWN_KEY'],
      [18, 'SCRIPT_UNKNOWN_KEY'],
    ],
    isReady: true,
  },
  'v2-variables.json': {
    dialect: 'dataworks-2.0',
    says: [
      [5, 'SCRIPT_VARIABLE'],
      [5, 'SCRIPT_VARIABLE'],
      [6, 'SCRIPT_VARIABLE'],
      [8, 'SCRIPT_VARIABLE'],
      [10, 'SCRIPT_VARIABLE'],
    ],
    isReady: false,
  },
  'v2-version-three.json': { dialect: 'dataworks-2.0', says: [[3, 'SCRIPT_VERSION']], isReady: false },
};

import type { RowBatchBuilder } from '@sluice/connector-sdk';
import type { Column, ColumnKind } from '@sluice/model';

/** Appends the value that a column has in row `n`. */
export type FieldMaker = (builder: RowBatchBuilder, n: number) => void;

export interface GeneratedColumn {
  readonly column: Column;
  readonly make: FieldMaker;
}

/** 32 bits that depend on all bits of seed, column and row, and on nothing else (the finaliser of MurmurHash3, thrice). */
export function scramble(seed: number, column: number, n: number): number {
  let bits = finish(seed ^ Math.imul(column + 1, 0x9e3779b1));
  bits = finish(bits ^ ((n % 4294967296) | 0));
  return finish(bits ^ Math.floor(n / 4294967296));
}

function finish(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

type Maker = (builder: RowBatchBuilder, bits: number, more: number) => void;

const WORDS = ['tea', 'Kaffee', 'pão', 'сыр', '米', '🍎', "d'or", 'a "b"', 'x\\y', 'tab\there', ''];
/** 2020-01-01. */
const FIRST_DAY = 18_262;
const DAY_MICROS = 86_400_000_000;

/** From bits of the row and the column; `more` are others. Every value is exact in every store. */
const MAKERS: Readonly<Record<ColumnKind, Maker>> = {
  boolean: (builder, bits) => builder.boolean((bits & 1) === 1),
  int: (builder, bits) => builder.int(bits | 0),
  long: (builder, bits, more) => builder.long(more | 0, bits >>> 0),
  float: (builder, bits) => builder.float((bits >> 9) / 16),
  double: (builder, bits) => builder.double((bits | 0) / 1000),
  decimal: (builder, bits) => builder.decimalNumber(bits | 0),
  string: (builder, bits, more) => {
    if ((more & 15) === 0) builder.nul();
    else builder.string(`${WORDS[(more >>> 4) % WORDS.length]} ${bits >>> 0}`);
  },
  bytes: (builder, bits, more) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeInt32BE(bits | 0, 0);
    bytes.writeInt32BE(more | 0, 4);
    builder.bytes(bytes, 0, 8);
  },
  date: (builder, bits) => builder.int(FIRST_DAY + ((bits >>> 0) % 5000)),
  time: (builder, bits, more) => builder.longNumber(((bits >>> 0) % 86_400) * 1e6 + ((more >>> 0) % 1e6)),
  timestamp: (builder, bits, more) => builder.longNumber(moment(bits, more)),
  timestamptz: (builder, bits, more) => builder.longNumber(moment(bits, more)),
};

/** Microseconds since 1970 of some moment in the years from 2020. */
function moment(bits: number, more: number): number {
  return (
    (FIRST_DAY + ((bits >>> 0) % 5000)) * DAY_MICROS + ((more >>> 0) % 86_400) * 1e6 + ((bits >>> 0) % 1e6)
  );
}

export const GENERATED_KINDS = Object.keys(MAKERS) as readonly ColumnKind[];

/** Text that paddings are cut from: printable, and different at every place. */
const TEXT = Buffer.from(Array.from({ length: 4096 }, (_, n) => 33 + ((scramble(7, 0, n) >>> 0) % 94)));

/** The columns of a generated table: `id` (1, 2, ...), one a kind under the kind's name, and the padding. */
export function generatedColumns(
  seed: number,
  kinds: readonly ColumnKind[],
  padding: number,
): GeneratedColumn[] {
  const names = new Map<string, number>();
  const columns: GeneratedColumn[] = [
    {
      column: { name: 'id', kind: 'long', nullable: false },
      make: (builder, n) => builder.longNumber(n),
    },
  ];
  for (const [index, kind] of kinds.entries()) {
    const count = (names.get(kind) ?? 0) + 1;
    names.set(kind, count);
    const make = MAKERS[kind];
    const digits = kind === 'decimal' ? { precision: 12, scale: 2 } : {};
    columns.push({
      column: {
        name: count === 1 ? kind : `${kind}_${count}`,
        kind,
        nullable: kind === 'string',
        ...digits,
      },
      make: (builder, n) => make(builder, scramble(seed, index * 2, n), scramble(seed, index * 2 + 1, n)),
    });
  }
  if (padding > 0) {
    const text = Buffer.alloc(padding + TEXT.length, TEXT);
    columns.push({
      column: { name: 'padding', kind: 'string', nullable: false, maxLength: padding },
      make: (builder, n) => {
        const start = (scramble(seed, -2, n) >>> 0) % TEXT.length;
        builder.bytes(text, start, start + padding);
      },
    });
  }
  return columns;
}

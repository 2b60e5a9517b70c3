import type { Integer } from './integer.ts';

/** A field that is not null, as casts look at it: one of a row (RowCursor), or one that was computed. */
export interface FieldValue {
  /** 1: a value of its kind; 2: text in the escape branch. */
  readonly branch: number;
  readonly buffer: Buffer;
  /** Where the bytes of a text or bytes are. */
  readonly start: number;
  readonly end: number;
  boolean(): boolean;
  int(): number;
  longBigint(): bigint;
  longNumber(): number;
  float(): number;
  double(): number;
  decimal(): bigint;
  text(): string;
  bytes(): Buffer;
}

/** A computed value in the place of a field. */
export class ComputedValue implements FieldValue {
  readonly branch = 1;
  readonly start = 0;
  #value: boolean | Integer | string | Buffer = '';

  /** The value, in the form that expressions have it. */
  set(value: boolean | Integer | string | Buffer): this {
    this.#value = value;
    return this;
  }

  get buffer(): Buffer {
    return this.bytes();
  }

  get end(): number {
    return this.bytes().length;
  }

  boolean(): boolean {
    return this.#value === true;
  }

  int(): number {
    return Number(this.#value);
  }

  longBigint(): bigint {
    return BigInt(this.#value as Integer);
  }

  longNumber(): number {
    return Number(this.#value);
  }

  float(): number {
    return this.#value as number;
  }

  double(): number {
    return this.#value as number;
  }

  decimal(): bigint {
    return BigInt(this.#value as Integer);
  }

  text(): string {
    return this.#value as string;
  }

  bytes(): Buffer {
    const value = this.#value as string | Buffer;
    return typeof value === 'string' ? Buffer.from(value) : value;
  }
}

import { type Json, pathOf, pointerOf } from '../syntax/node.ts';

type Open = { [key: string]: Json };

/** A document while it is written in another way: what is taken is expressed, what is left is not. */
export class Rest {
  readonly #value: Open;

  constructor(document: Json) {
    this.#value = structuredClone(document) as Open;
  }

  get(pointer: string): Json | undefined {
    let at: Json | undefined = this.#value;
    for (const step of pathOf(pointer))
      at = typeof at === 'object' && at !== null && Object.hasOwn(at, step) ? (at as Open)[step] : undefined;
    return at;
  }

  /** The value, which then counts as expressed. */
  take(pointer: string): Json | undefined {
    const path = pathOf(pointer);
    const found = this.get(pointer);
    const parent = this.get(pointerOf(path.slice(0, -1))) as Open | undefined;
    if (found !== undefined && parent !== undefined) delete parent[path.at(-1)!];
    return found;
  }

  /** Pointers of what nobody took. */
  left(): string[] {
    const found: string[] = [];
    const visit = (value: Json, path: readonly (string | number)[]): void => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) found.push(pointerOf(path));
      else for (const [key, one] of Object.entries(value)) visit(one as Json, [...path, key]);
    };
    for (const [key, value] of Object.entries(this.#value)) visit(value, [key]);
    return found;
  }
}

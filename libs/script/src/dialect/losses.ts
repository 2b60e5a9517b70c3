/** A part of a document that the dialect has no words for, or only near ones. */
export interface Loss {
  readonly pointer: string;
  readonly why: string;
}

/** Collects losses, each path once. */
export class Losses {
  readonly list: Loss[] = [];

  add(pointer: string, why: string): void {
    if (!this.list.some((loss) => loss.pointer === pointer)) this.list.push({ pointer, why });
  }
}

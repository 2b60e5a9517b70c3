import {
  compressBlock,
  type FileFormat,
  inOrder,
  type NotedPiece,
  type Part,
  partName,
} from '@sluice/file-kit';
import { SluiceError } from '@sluice/model';
import type { Bucket } from './bucket.ts';
import { recordsAt } from './object-rows.ts';

/** An object that is to be seen: staged parts one behind the other. */
export interface Whole {
  readonly name: string;
  readonly rows: number;
  readonly parts: readonly Part[];
}

/** The objects that a generation makes: one a split, and another one whenever one has reached `most` bytes. */
export function filesOf(
  generation: string,
  format: FileFormat,
  parts: readonly Part[],
  most: number,
): Whole[] {
  const groups: Part[][] = [];
  let bytes = 0;
  for (const part of inOrder(parts)) {
    const last = groups.at(-1);
    if (last === undefined || last[0]!.split !== part.split || bytes >= most) {
      groups.push([part]);
      bytes = 0;
    } else last.push(part);
    bytes += part.bytes;
  }
  return groups.map((group) => ({
    name: partName(generation, group[0]!.split, group[0]!.seq, format.ending),
    rows: group.reduce((sum, { rows }) => sum + rows, 0),
    parts: group,
  }));
}

/** The bytes of such an object: head, records, tail. The same whenever it is asked for. */
export async function* assembled(
  bucket: Bucket,
  staging: string,
  format: FileFormat,
  { parts }: Whole,
): AsyncGenerator<Buffer> {
  const staged = async (name: string): Promise<Buffer> => {
    const content = await bucket.read(staging + name);
    if (content !== undefined) return content;
    throw new SluiceError('SLUICE_TGT_FENCED', 'A staged object is gone: the generation is over.');
  };
  const head = await compressBlock(format.compression, format.head());
  yield head;
  let length = head.length;
  const pieces: NotedPiece[] = [];
  for (const { name, notes } of parts) {
    if (notes > 0) pieces.push({ notes: await staged(`${name}.notes`), shift: length - recordsAt(format) });
    const content = await staged(name);
    length += content.length;
    yield content;
  }
  yield format.tail(pieces);
}

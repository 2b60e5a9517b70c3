import { Transform } from 'node:stream';

/** Encodings that text files are read in; `utf-16` goes by its byte order mark, `latin1` is ISO 8859-1 byte by byte. */
export const ENCODINGS = [
  'utf-8',
  'gbk',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-kr',
  'latin1',
  'windows-1252',
  'utf-16',
  'utf-16le',
  'utf-16be',
] as const;

export type TextEncodingName = (typeof ENCODINGS)[number];

/** UTF-8 of U+FFFD: what a decoder puts where bytes mean nothing. */
export const REPLACEMENT = Buffer.from([0xef, 0xbf, 0xbd]);

/** Whether the first bytes are the mark of UTF-16. */
export function isUtf16Mark(first: Uint8Array): boolean {
  return (first[0] === 0xff && first[1] === 0xfe) || (first[0] === 0xfe && first[1] === 0xff);
}

/** A stream that makes UTF-8 of another encoding; undefined where there is nothing to do. A byte order mark is taken off. */
export function toUtf8(encoding: TextEncodingName): Transform | undefined {
  if (encoding === 'utf-8') return undefined;
  if (encoding === 'latin1')
    return new Transform({
      transform: (chunk: Buffer, _, done) => done(null, Buffer.from(chunk.toString('latin1'))),
    });
  let decoder: InstanceType<typeof TextDecoder> | undefined =
    encoding === 'utf-16' ? undefined : new TextDecoder(encoding);
  let odd: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const bytes = odd.length === 0 ? chunk : Buffer.concat([odd, chunk]);
      if (decoder === undefined && bytes.length < 2) odd = bytes;
      else {
        odd = Buffer.alloc(0);
        // Without a mark the order of the network is not meant in practice: it is what Windows writes.
        decoder ??= new TextDecoder(bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-16le');
        this.push(Buffer.from(decoder.decode(bytes, { stream: true })));
      }
      done();
    },
    flush(done) {
      const rest = (decoder ?? new TextDecoder('utf-16le')).decode(odd);
      if (rest !== '') this.push(Buffer.from(rest));
      done();
    },
  });
}

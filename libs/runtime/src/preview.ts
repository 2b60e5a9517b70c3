import { type Connector, recordOffsets } from '@sluice/connector-sdk';
import { type Column, DEFAULT_BATCH_LIMITS } from '@sluice/model';
import type { Access, ErrandRequest, Preview } from '@sluice/ports';
import { decodeRows, floatText, numberText, type RowValue } from '@sluice/wire';

type PreviewRequest = Extract<ErrandRequest, { kind: 'preview' }>;

/** Characters of one value that are shown, and of all values together about. */
const SHOWN = 2000;
const ALL_SHOWN = 256 * 1024;

/** Words that make a column one that holds secrets: its values stay where they are (S-28). */
const SECRET =
  /(^|[^a-z])(pass(word|wd|phrase|code)?|pwd|secret|token|api ?key|access ?key|private ?key|credentials?|cvv|cvc|pin|salt)($|[^a-z])/;

/** Whether the name says that the values are secrets: `user_password`, `apiKey`, `ACCESS-TOKEN`. */
export function looksSecret(name: string): boolean {
  const words = name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[^\p{L}\p{N}]+/gu, ' ');
  return SECRET.test(words.toLowerCase());
}

/** The first rows of a source as text, by the reader that a run has: it can change nothing there. */
export async function preview(
  connector: Connector,
  request: PreviewRequest,
  access: Access,
  signal: AbortSignal,
): Promise<Preview> {
  const reader = await connector.openReader!(access.config, request.parameters);
  const enough = new AbortController();
  const stop = AbortSignal.any([signal, enough.signal]);
  try {
    const plan = await reader.plan({ channels: 1 });
    const { columns, key } = plan.schema;
    const masked = columns.map(({ name }) => looksSecret(name));
    const rows: (string | null)[][] = [];
    const dirty: { code: string; column?: string; reason: string }[] = [];
    let left = ALL_SHOWN;
    let isCut = false;
    const isFull = (): boolean => rows.length + dirty.length >= request.rows || left <= 0 || signal.aborted;
    const limits = { maxRecords: request.rows, maxBytes: DEFAULT_BATCH_LIMITS.maxBytes };
    for (const split of plan.splits) {
      if (isFull()) break;
      for await (const batch of reader.read(split, null, { limits, signal: stop })) {
        const offsets = recordOffsets(plan.schema, batch.rows);
        for (let n = 0; n < batch.recordCount && !isFull(); n++) {
          const [values] = decodeRows(plan.schema, batch.rows.subarray(offsets[n], offsets[n + 1]));
          const row = values!.map((value, at) => {
            const text = textOf(value, columns[at]!);
            if (text === null) return null;
            if (masked[at] === true) return '***';
            isCut ||= text.length > SHOWN;
            return text.length > SHOWN ? `${text.slice(0, SHOWN).toWellFormed()}...` : text;
          });
          left -= row.reduce((sum, text) => sum + (text?.length ?? 4), 0);
          rows.push(row);
        }
        for (const { code, column, reason } of batch.dirty)
          if (!isFull()) dirty.push({ code, ...(column === undefined ? {} : { column }), reason });
        if (isFull()) break;
      }
    }
    return {
      columns: columns.map(({ name, kind, nullable, nativeType }, at) => ({
        name,
        kind,
        nullable,
        ...(nativeType === undefined ? {} : { nativeType }),
        ...(masked[at] === true ? { isMasked: true as const } : {}),
      })),
      key,
      rows,
      dirty,
      isCut: isCut || left <= 0,
    };
  } finally {
    enough.abort();
    await reader.close();
  }
}

/** The value as people read it, without loss; bytes are base64. */
function textOf(value: RowValue, column: Column): string | null {
  if (value === null || typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value === 'number') return column.kind === 'float' ? floatText(value) : numberText(value);
  return String(value);
}

import { trimmed } from '../syntax/json-text.ts';
import type { Member } from '../syntax/node.ts';
import { FLAG, TEXT, VERBATIM, whole } from './conversions.ts';
import type { Draft } from './draft.ts';
import type { KeyRule, Side } from './field-table.ts';
import type { Keys } from './reading.ts';

/** Compressions that are recognised by the first bytes of a file. */
const READ_COMPRESSIONS: ReadonlySet<string> = new Set(['', 'none', 'gzip', 'gz', 'zstd']);
/** What says nothing more than what is done anyway. */
const UTF8 = /^utf-?8$/i;

/** What a script says of texts in files beside its plain parameters. */
export function importTexts(draft: Draft, side: Side, keys: Keys, rules: readonly KeyRule[]): void {
  if (side === 'reader') {
    compressionOf(draft, keys);
    const config = keys.take('csvReaderConfig');
    if (config !== undefined) importCsvReader(draft, config, keys);
  } else writtenEncoding(draft, keys, rules);
}

/** A file says itself how it is compressed; a job that names what is not read would fail only when it runs. */
function compressionOf(draft: Draft, keys: Keys): void {
  const { reading } = draft;
  const member = keys.take('compress');
  if (member === undefined) return;
  const keepAs = `${keys.keepAs}/compress`;
  const name = trimmed(String(reading.value(member, TEXT) ?? ''));
  if (reading.isSettled(member)) return;
  if (READ_COMPRESSIONS.has(name.toLowerCase()))
    return reading.ignored(member, keepAs, 'Compression is recognised by the first bytes of a file.');
  refuse(
    draft,
    member,
    `Files that are compressed with ${name.slice(0, 20)} are not read.`,
    'Use gzip or zstd.',
  );
  reading.keep(member, keepAs);
}

/** Files are written in UTF-8 where the connector has no choice. */
function writtenEncoding(draft: Draft, keys: Keys, rules: readonly KeyRule[]): void {
  const rule = rules.find(({ key }) => key === 'encoding');
  const member = rule === undefined ? undefined : keys.take(rule.key, rule.also);
  if (rule === undefined || member === undefined) return;
  const keepAs = `${keys.keepAs}/encoding`;
  const name = draft.reading.value(member, TEXT);
  if (!draft.supports(rule.becomes!) && typeof name === 'string' && UTF8.test(trimmed(name)))
    return draft.reading.ignored(member, keepAs, 'Files are written in UTF-8.');
  draft.put(rule, member, keepAs);
}

/**
 * Options of the CSV library that DataX uses (javacsv): quotes and escapes are ours too, some say what is done anyway, and some would
 * change rows.
 */
function importCsvReader(draft: Draft, config: Member, outer: Keys): void {
  const { reading } = draft;
  const quote = '/reader/parameters/quote';
  if (config.value.kind !== 'object') {
    reading.settle(config, { fate: 'unsupported', code: 'SCRIPT_TYPE' });
    return reading.problem(config.value, {
      code: 'SCRIPT_TYPE',
      cause: 'csvReaderConfig must be an object.',
    });
  }
  const keepAs = `${outer.keepAs}/csvReaderConfig`;
  const keys = reading.open(config.value, keepAs);
  reading.mapped(config, quote);
  const ignored = (member: Member, why: string): void =>
    reading.ignored(member, `${keepAs}/${trimmed(member.key)}`, why);
  /** What is done, and what cannot be: a warning where rows without such signs are the same. */
  const either = (
    key: string,
    done: boolean,
    why: string,
    cause: string,
    severity: 'error' | 'warning',
  ): void => {
    const member = keys.take(key);
    const value = member === undefined ? undefined : reading.value(member, FLAG);
    if (member === undefined || reading.isSettled(member)) return;
    if (value === undefined || value === done) return ignored(member, why);
    refuse(draft, member, cause, undefined, severity);
    reading.keep(member, `${keepAs}/${trimmed(member.key)}`);
  };

  const used = keys.take('useTextQualifier');
  const isUsed = used === undefined ? undefined : reading.value(used, FLAG);
  if (used !== undefined && !reading.isSettled(used)) {
    if (isUsed === false)
      draft.place(used, quote, '', { keepAs: `${keepAs}/useTextQualifier`, changesRows: true });
    else ignored(used, 'Quotes are read anyway.');
  }
  const sign = keys.take('textQualifier');
  const text = sign === undefined ? undefined : reading.value(sign, VERBATIM);
  if (sign !== undefined && !reading.isSettled(sign)) {
    const written =
      typeof text === 'string' && /^\d\d+$/.test(text) ? String.fromCharCode(Number(text)) : text;
    if (isUsed === false || written === undefined) ignored(sign, 'There are no quotes.');
    else draft.place(sign, quote, written, { keepAs: `${keepAs}/textQualifier`, changesRows: true });
  }
  const mode = keys.take('escapeMode');
  const number = mode === undefined ? undefined : reading.value(mode, whole(1, 2));
  if (mode !== undefined && !reading.isSettled(mode)) {
    if (number === 2)
      draft.place(mode, '/reader/parameters/escape', '\\', {
        keepAs: `${keepAs}/escapeMode`,
        changesRows: true,
      });
    else ignored(mode, 'A quote within quotes is doubled.');
  }
  either(
    'skipEmptyRecords',
    true,
    'Empty lines are passed over.',
    'Empty lines are passed over here.',
    'warning',
  );
  either('trimWhitespace', false, 'Blanks are kept.', 'Blanks around fields are kept here.', 'warning');
  either('useComments', false, 'There are no comments.', 'Comments in files are not known here.', 'error');
  for (const [key, why] of [
    ['safetySwitch', 'A record may have 16 MiB and any number of fields.'],
    ['comment', 'There are no comments.'],
    ['delimiter', 'fieldDelimiter says it.'],
    ['caseSensitive', 'Columns go by their place.'],
    ['captureRawRecord', 'A dirty record is kept as it stands.'],
  ] as const) {
    const member = keys.take(key);
    if (member !== undefined) ignored(member, why);
  }
  const ends = keys.take('recordDelimiter');
  if (ends === undefined) return;
  const value = reading.value(ends, VERBATIM);
  if (value === undefined || ['0', '', '\n', '\r\n', '10'].includes(String(value)))
    return ignored(ends, 'Records end with their lines.');
  refuse(draft, ends, 'Records end with their lines here.');
  reading.keep(ends, `${keepAs}/recordDelimiter`);
}

function refuse(
  draft: Draft,
  member: Member,
  cause: string,
  remedy?: string,
  severity: 'error' | 'warning' = 'error',
): void {
  const code = severity === 'error' ? 'SCRIPT_UNSUPPORTED' : 'SCRIPT_NO_EFFECT';
  draft.reading.settle(member, { fate: 'unsupported', code, why: cause });
  draft.reading.problem(
    member.value,
    { code, severity, cause, ...(remedy === undefined ? {} : { remedy }) },
    member.start,
  );
}

import type { TaskDocument } from '@sluice/model';
import type { Place } from './pairs.ts';

/** Everything that a mapping can say, over the orders that `fill` makes. */
export const MAPPED: Pick<TaskDocument, 'filter' | 'transformers' | 'mapping' | 'parameters'> = {
  parameters: { rate: 1.19, source: 'shop' },
  filter: 'has(note) && id % 3 != 0',
  transformers: [
    { name: 'dx_filter', column: 'note', paras: ['=', ''] },
    { name: 'dx_substr', column: 'note', paras: ['0', '10'] },
  ],
  mapping: [
    { to: 'no', from: 'id' },
    { to: 'note', from: 'note' },
    { to: 'gross', expression: 'amount * ${rate}' },
    { to: 'share', expression: 'round(amount / (id % 997), 2)' },
    { to: 'masked', expression: 'mask(note, 2, 1)' },
    { to: 'hash', expression: 'sha256(string(id))' },
    { to: 'clock', from: 'at', cast: { to: 'string', format: 'dd.MM.yyyy HH:mm:ss.SSSSSS' } },
    { to: 'day', from: 'day' },
    { to: 'origin', constant: '${source} of ${rate}' },
  ],
};

const COLUMNS = 'no, note, gross, share, masked, hash, clock, day, origin';

/** The same in SQL, without the rows whose share cannot be computed. */
const SELECT = `select id as no, cut as note, amount * 1.19 as gross, round(amount / (id % 997), 2) as share,
    left(cut, 2) || repeat('*', length(cut) - 3) || right(cut, 1) as masked, encode(sha256(id::text::bytea), 'hex') as hash,
    to_char(at, 'DD.MM.YYYY HH24:MI:SS.US') as clock, day, 'shop of 1.19' as origin
  from (select *, left(note, 10) as cut from orders where id % 3 <> 0 and note <> '') q`;

export async function createTarget(target: Place): Promise<void> {
  await target.run(`create table mapped (no bigint, note text, gross numeric(20,4), share numeric(30,2), masked text, hash text,
    clock text, day date, origin text)`);
}

/** What the ledger must say, by SQL. */
export async function wantedCounts(
  source: Place,
): Promise<{ read: number; written: number; filtered: number; dirty: number }> {
  const read = Number(await source.value('select count(*) from orders'));
  const passed = "id % 3 <> 0 and note <> ''";
  const dirty = Number(await source.value(`select count(*) from orders where ${passed} and id % 997 = 0`));
  const written = Number(await source.value(`select count(*) from orders where ${passed} and id % 997 <> 0`));
  return { read, written, dirty, filtered: read - written - dirty };
}

/** One text for all rows of a relation: order does not matter, one byte does. */
const fingerprint = (from: string): string =>
  `select count(*) || ':' || md5(string_agg(md5(concat_ws('|', ${COLUMNS})), '' order by no, md5(concat_ws('|', ${COLUMNS})))) from (${from}) r`;

export const wantedRows = (source: Place): Promise<string> =>
  source.value(fingerprint(`${SELECT} where id % 997 <> 0`));

export const mappedRows = (target: Place): Promise<string> =>
  target.value(fingerprint('select * from mapped'));

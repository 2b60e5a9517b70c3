import { SluiceError } from '@sluice/model';

/** Milliseconds since 1970 of a date or time as it is typed. */
export function moment(text: string, option: string): number {
  const found = /^\d{12,}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(found)) return found;
  throw new SluiceError('SLUICE_CFG_USAGE', {
    detail: `${text} is no time.`,
    place: `--${option}`,
    hint: 'Write it as 2026-03-01, 2026-03-01T12:00Z, or milliseconds since 1970.',
  });
}

import { ERRORS, type SluiceError } from '@sluice/model';

/** An error for people: code, place, cause, remedy; never a stack. */
export function errorText(error: SluiceError): string {
  const { code, detail, place, hint, fields = [] } = error;
  const lines = [`${code}: ${ERRORS[code].meaning}`];
  const places = fields.filter(({ pointer }) => pointer !== '');
  if (places.length > 0)
    for (const { pointer, detail: fault } of places)
      lines.push(`  place:  ${pointer.replace(/^\/document(?=\/|$)/, '') || '/'}`, `  cause:  ${fault}`);
  else {
    if (place !== undefined) lines.push(`  place:  ${place}`);
    // A bug's detail is whatever a library said: people get the meaning, SLUICE_DEBUG the rest.
    if (detail !== '' && detail !== ERRORS[code].meaning) lines.push(`  cause:  ${detail}`);
  }
  lines.push(`  remedy: ${hint}`);
  return `${lines.map((line) => line.replaceAll('\n', ' ')).join('\n')}\n`;
}

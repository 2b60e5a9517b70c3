import { jsonFault, SluiceError } from '@sluice/model';
import type { FastifyInstance } from 'fastify';

/** Reads JSON bodies; what is none is SLUICE_CFG_INVALID with line and column. */
export function readJsonBodies(app: FastifyInstance): void {
  // A page of another site can send text/plain without being asked; nothing here reads it.
  app.removeContentTypeParser('text/plain');
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = String(body);
    if (text.trim() === '') return done(null, undefined);
    void parse(request, text, (error, value) => done(error === null ? null : fault(text), value));
  });
}

function fault(text: string): SluiceError {
  try {
    JSON.parse(text);
  } catch (cause) {
    const { line, column } = jsonFault(text, cause);
    return new SluiceError('SLUICE_CFG_INVALID', {
      detail: `The body is not JSON: line ${line}, column ${column}.`,
      place: `${line}:${column}`,
      hint: 'Correct the JSON there: a comma, a quote or a bracket is missing or too much.',
    });
  }
  return new SluiceError('SLUICE_CFG_INVALID', {
    detail: 'The body has a key __proto__ or constructor, which no object of the API has.',
    hint: 'Leave that key out.',
  });
}

import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Pages } from '@sluice/coordinator';

/** No inline script or style, nothing from elsewhere (S-60). */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
  '.woff2': 'font/woff2',
};

/**
 * The built console in `folder`: its files under `/console/`, and its page for every address there, which the page itself reads.
 * Undefined when it has not been built.
 */
export function consolePages(folder: string): Pages | undefined {
  const page = read(join(folder, 'index.html'));
  if (page === undefined) return undefined;
  const headersOf = (name: string, isKept: boolean): Record<string, string> => ({
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
    'cross-origin-opener-policy': 'same-origin',
    // The name of an asset holds a hash of what is in it.
    'cache-control': isKept ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  return {
    routes: ['GET /console/*'],
    register: (app) => {
      app.get('/', (_, reply) => reply.redirect('/console/'));
      app.get('/console/*', (request, reply) => {
        const name = (request.params as { '*': string })['*'];
        // Names of built files have no folders but assets, and no dots but one: nothing leads out of the folder.
        const file = /^(assets\/)?[\w-]+(\.[\w-]+)*\.\w+$/.test(name) ? read(join(folder, name)) : undefined;
        if (file === undefined && name.startsWith('assets/')) return reply.callNotFound();
        if (file === undefined) return reply.headers(headersOf('index.html', false)).send(page);
        return reply.headers(headersOf(name, name.startsWith('assets/'))).send(file);
      });
    },
  };
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

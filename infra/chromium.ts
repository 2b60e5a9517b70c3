import { existsSync } from 'node:fs';

/** Where Debian and others put the browser that tests of the console drive. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that is installed, or why there is none. */
export function chromium(): { readonly path: string } | { readonly why: string } {
  const path = PLACES.find((place) => existsSync(place));
  return path === undefined ? { why: 'chromium is not installed' } : { path };
}

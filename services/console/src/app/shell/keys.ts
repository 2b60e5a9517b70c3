import { useEffect } from 'react';
import type { Command } from './commands.ts';

/** A second key counts this long after the first one (milliseconds). */
const PAIR = 1200;

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/**
 * Keys that work on every screen: those of the commands, `/` for the filter of the screen, `j` and `k` through the rows of a list,
 * Enter on the links of their own. Nothing is taken from somebody who types.
 */
export function useKeys(
  commands: readonly Command[],
  open: { readonly palette: () => void; readonly help: () => void },
): void {
  useEffect(() => {
    let before = '';
    let at = 0;
    const pressed = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return open.palette();
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.composedPath()[0] ?? null)) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      const pair = Date.now() - at < PAIR && before !== '' ? `${before} ${event.key}` : event.key;
      before = event.key;
      at = Date.now();
      const command = commands.find(({ keys }) => keys === pair);
      if (command !== undefined) {
        event.preventDefault();
        before = '';
        return command.act();
      }
      if (event.key === '?') return open.help();
      if (event.key === '/') focusFirst(event, '[data-filter]');
      if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1);
      const shortcut = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(event.key)}"]`);
      if (shortcut !== null) {
        event.preventDefault();
        shortcut.click();
      }
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [commands, open]);
}

function focusFirst(event: KeyboardEvent, selector: string): void {
  event.preventDefault();
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Focus on the first link of the next row. */
function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('table.list tbody tr')]
    .map((row) => row.querySelector<HTMLElement>('a, button'))
    .filter((link) => link !== null);
  const now = links.indexOf(document.activeElement as HTMLElement);
  links[now < 0 ? 0 : Math.min(links.length - 1, Math.max(0, now + by))]?.focus();
}

import { useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { IconName } from '../parts/icon.tsx';
import type { TextKey } from '../texts/texts.ts';
import { useWorkspace } from './address.ts';

/** What can be done from everywhere: by the palette, by keys, by the navigation. */
export interface Command {
  readonly text: TextKey;
  readonly icon: IconName;
  /** Keys one after the other, e.g. `g h`. */
  readonly keys?: string;
  readonly act: () => void;
}

/** Screens of the navigation, with the letter behind `g`. */
export const SCREENS = [
  { to: '/$w', text: 'nav.home', icon: 'home', key: 'h' },
  { to: '/$w/sources', text: 'nav.sources', icon: 'source', key: 's' },
  { to: '/$w/tasks', text: 'nav.tasks', icon: 'task', key: 't' },
  { to: '/$w/runs', text: 'nav.runs', icon: 'run', key: 'r' },
  { to: '/$w/topics', text: 'nav.topics', icon: 'topic', key: 'p' },
] as const;

export function useCommands(): readonly Command[] {
  const navigate = useNavigate();
  const w = useWorkspace();
  return useMemo(
    () => [
      ...SCREENS.map(({ to, text, icon, key }) => ({
        text,
        icon,
        keys: `g ${key}`,
        act: () => void navigate({ to, params: { w } }),
      })),
      {
        text: 'tasks.new',
        icon: 'plus',
        keys: 'n',
        act: () => void navigate({ to: '/$w/tasks/new', params: { w } }),
      },
      {
        text: 'sources.new',
        icon: 'plus',
        keys: 'c',
        act: () => void navigate({ to: '/$w/sources/new', params: { w } }),
      },
      {
        text: 'runs.failed',
        icon: 'cross',
        act: () => void navigate({ to: '/$w/runs', params: { w }, search: { state: 'failed' } }),
      },
    ],
    [navigate, w],
  );
}

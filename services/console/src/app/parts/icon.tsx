import type { ReactElement } from 'react';

/** Strokes on a grid of 20 by 20. */
const STROKES = {
  home: 'M3 9.500 10 3.500l7 6V16.500h-5v-4.500H8v4.500H3z',
  source: 'M4 5c0-3 12-3 12 0v10c0 3-12 3-12 0zM4 5c0 3 12 3 12 0M4 10c0 3 12 3 12 0',
  task: 'M3 5h5v4H3zM12 11h5v4h-5zM8 7h3.500v6H12',
  run: 'M6 3.500v13l10-6.500z',
  topic: 'M3 5h14M3 10h14M3 15h14M6 3.500v3M11 8.500v3M8 13.500v3',
  search: 'M8.500 3.500a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.500 12.500l4 4',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.500 4.500l1.400 1.400M14.100 14.100l1.400 1.400M15.500 4.500l-1.400 1.400M5.900 14.100l-1.400 1.400',
  moon: 'M15.500 12.500A6.500 6.500 0 0 1 7.500 4.500a6.500 6.500 0 1 0 8 8z',
  plus: 'M10 4v12M4 10h12',
  check: 'M4 10.500l4 4 8-9',
  cross: 'M5 5l10 10M15 5 5 15',
  warn: 'M10 3l7.500 13.500h-15zM10 8v4M10 14v.500',
  pause: 'M7 4v12M13 4v12',
  clock: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4.500l3 2',
  stop: 'M5 5h10v10H5z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  arrow: 'M4 10h12M11 5l5 5-5 5',
  keys: 'M2.500 5.500h15v9h-15zM5.500 8.500h.500M8.500 8.500h.500M11.500 8.500h.500M14.500 8.500h.500M6.500 11.500h7',
  globe: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM3 10h14M10 3c-5 4-5 10 0 14M10 3c5 4 5 10 0 14',
  retry: 'M15.500 8A6 6 0 1 0 16 11.500M16 4v4h-4',
} as const;

export type IconName = keyof typeof STROKES;

/** A small picture beside a word; it says nothing of its own. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={STROKES[name]} />
    </svg>
  );
}

import { useNavigate, useParams, useSearch } from '@tanstack/react-router';

/** The workspace of this page. */
export const useWorkspace = (): string => useParams({ strict: false }).w ?? 'default';

export type Search = Readonly<Record<string, string | undefined>>;

/** What the address says of the view, and a function that changes some of it; undefined takes a name out. */
export function useView(): readonly [Search, (change: Search) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = (some: Search): void =>
    void navigate({
      to: '.',
      search: (old) => drop({ ...(old as Search), ...some }) as never,
      replace: true,
      resetScroll: false,
    });
  return [search, change];
}

const drop = (search: Search): Search =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''));

import { useDebouncedValue } from '@mantine/hooks';
import type { TaskDocument } from '@sluice/model';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { DryRun, Judgement } from '../api/answers.ts';
import { call, inWorkspace } from '../api/client.ts';
import { isJudgeable, tableOf } from './task-document.ts';

/** The servers of the user are asked when nothing has changed for this long (milliseconds). */
const CALM = 500;

/** What the engine says about the fields of a document, against the real source and target. */
export function useJudgement(w: string, document: TaskDocument): UseQueryResult<Judgement> {
  const [calm] = useDebouncedValue(document, CALM);
  return useQuery({
    queryKey: [w, 'judgement', calm],
    queryFn: ({ signal }) =>
      call<Judgement>('POST', inWorkspace(w, 'tasks:validate'), { body: calm, signal }),
    enabled: isAskable(calm),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}

/** Some real rows through the real mapper. */
export function useDryRun(w: string, document: TaskDocument, rows: number): UseQueryResult<DryRun> {
  const [calm] = useDebouncedValue(document, CALM);
  return useQuery({
    queryKey: [w, 'dry-run', rows, calm],
    queryFn: ({ signal }) =>
      call<DryRun>('POST', inWorkspace(w, 'tasks:dry-run'), { body: { document: calm, rows }, signal }),
    enabled: isAskable(calm),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}

/** A reader without tables has parameters of its own: it is asked as it is. */
function isAskable(document: TaskDocument): boolean {
  const hasEnds = isJudgeable(document);
  const hasParameters = Object.keys(document.reader.parameters).length > 0;
  return hasEnds && (tableOf(document, 'reader') !== '' || hasParameters);
}

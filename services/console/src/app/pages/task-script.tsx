import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { TaskDocument } from '@sluice/model';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import type { ScriptImport } from '../api/answers.ts';
import { call, inWorkspace, problemFrom } from '../api/client.ts';
import { CodeEditor, type Mark } from '../parts/code-editor.tsx';
import { plain } from '../parts/format.ts';
import { Card } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { ImportReport } from './import-report.tsx';

/** The script is read when nobody has typed for this long (milliseconds). */
const CALM = 400;

const write = (document: TaskDocument): string => `${JSON.stringify(document, null, 2)}\n`;

/** The document as text. A script of another dialect may be pasted: its report says what becomes of it. */
export function TaskScript(props: {
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
}): ReactElement {
  const w = useWorkspace();
  const [text, setText] = useState(() => write(props.document));
  const [goTo, setGoTo] = useState<{ line: number; wish: number }>();
  const [calm] = useDebouncedValue(text, CALM);
  const read = useQuery({
    queryKey: [w, 'script', calm],
    queryFn: ({ signal }) =>
      call<ScriptImport>('POST', inWorkspace(w, 'tasks:import'), { body: { text: calm }, signal }),
    enabled: calm.trim() !== '',
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
  const isOurs = read.data?.dialect === 'sluice';
  const judged = useQuery({
    queryKey: [w, 'script-judged', calm],
    queryFn: ({ signal }) => call('POST', inWorkspace(w, 'tasks:validate'), { body: { text: calm }, signal }),
    enabled: isOurs && read.data?.isReady === true && !read.isPlaceholderData,
    retry: false,
    staleTime: 60_000,
  });
  const marks = useMemo(
    () => (calm === text ? marksOf(read.data, read.error, judged.error) : []),
    [calm, text, read.data, read.error, judged.error],
  );
  // The last text that could be read is what the other view shows.
  const taken = useRef(props.document);
  const found = isOurs && !read.isPlaceholderData ? read.data?.document : undefined;
  const { onChange } = props;
  useEffect(() => {
    if (found === undefined || JSON.stringify(found) === JSON.stringify(taken.current)) return;
    taken.current = found as unknown as TaskDocument;
    onChange(taken.current);
  }, [found, onChange]);
  return (
    <>
      <Card
        title={t('tasks.script')}
        beside={
          <span className="row">
            {read.data !== undefined && (
              <span className="dim">
                {t(`dialect.${isOurs ? 'ours' : 'other'}`, {
                  dialect: read.data.dialect,
                  format: read.data.format,
                })}
              </span>
            )}
            <Button size="compact-sm" variant="default" onClick={() => setText(write(taken.current))}>
              {t('script.format')}
            </Button>
          </span>
        }
      >
        <CodeEditor
          text={text}
          label={t('tasks.script')}
          language={read.data?.format ?? 'json'}
          marks={marks}
          goTo={goTo}
          onChange={setText}
        />
        <div aria-live="polite">
          {marks.length === 0 ? (
            <p>
              <Status tone="good" icon="check">
                {t(judged.isFetching || calm !== text ? 'wizard.asking' : 'script.fine')}
              </Status>
            </p>
          ) : (
            <ul className="problems" aria-label={t('script.problems')}>
              {marks.map((mark) => (
                <li key={`${mark.line}:${mark.column} ${mark.text}`}>
                  <button
                    type="button"
                    onClick={() => setGoTo((old) => ({ line: mark.line, wish: (old?.wish ?? 0) + 1 }))}
                  >
                    <Status
                      tone={mark.severity === 'error' ? 'bad' : 'wait'}
                      icon={mark.severity === 'error' ? 'cross' : 'warn'}
                    >
                      {t('script.line', { line: mark.line })}
                    </Status>{' '}
                    {plain(mark.text)}
                  </button>
                </li>
              ))}
            </ul>
          )}
        </div>
        {read.error !== null && marks.length === 0 && <ProblemCard error={read.error} />}
        {judged.error !== null && (problemFrom(judged.error).errors ?? []).length === 0 && (
          <ProblemCard error={judged.error} />
        )}
      </Card>
      {read.data !== undefined && !isOurs && (
        <ImportReport
          found={read.data}
          onTake={() => {
            taken.current = read.data.document as unknown as TaskDocument;
            onChange(taken.current);
            setText(write(taken.current));
          }}
        />
      )}
    </>
  );
}

/** Everything that is known to be wrong, with its place in the text. */
function marksOf(found: ScriptImport | undefined, ...errors: readonly unknown[]): readonly Mark[] {
  const marks: Mark[] = (found?.problems ?? []).map(({ severity, line, column, cause, remedy }) => ({
    severity: severity === 'note' ? 'info' : severity,
    line,
    column,
    text: `${cause} ${remedy}`,
  }));
  for (const error of errors) {
    if (error === null || error === undefined) continue;
    for (const { line = 1, column = 1, detail, hint } of problemFrom(error).errors ?? [])
      marks.push({
        severity: 'error',
        line,
        column,
        text: hint === undefined ? detail : `${detail} ${hint}`,
      });
  }
  return marks;
}

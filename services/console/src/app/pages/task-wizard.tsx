import { Textarea } from '@mantine/core';
import type { TaskDocument } from '@sluice/model';
import type { ReactElement } from 'react';
import { Icon } from '../parts/icon.tsx';
import { Card } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { TaskControl } from './task-control.tsx';
import { customParts, fieldsOf, tableOf } from './task-document.ts';
import { TaskEndStep } from './task-end.tsx';
import { TaskMapping } from './task-mapping.tsx';
import { TaskPreview } from './task-preview.tsx';
import { useDryRun, useJudgement } from './use-judgement.ts';

/** Rows of the preview. */
const ROWS = 5;

/** Four steps on one page over the document, and beside them in words what it will do. */
export function TaskWizard(props: {
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
  readonly sourceName: (id: string) => string;
}): ReactElement {
  const w = useWorkspace();
  const { document, onChange, sourceName } = props;
  const judgement = useJudgement(w, document);
  const preview = useDryRun(w, document, ROWS);
  const [, change] = useView();
  const verdicts = judgement.data?.verdicts ?? [];
  const fields = fieldsOf(document, verdicts);
  const hasSource = document.reader.dataSource !== '' && Object.keys(document.reader.parameters).length > 0;
  const hasTarget = document.writer.dataSource !== '';
  const isMapped =
    judgement.data !== undefined &&
    judgement.error === null &&
    !verdicts.some(({ verdict }) => verdict === 'impossible');
  const custom = customParts(document);
  const steps = [
    ['source', t('wizard.source'), hasSource],
    ['target', t('wizard.target'), hasTarget],
    ['mapping', t('wizard.mapping'), isMapped],
    ['channel', t('wizard.channel'), true],
  ] as const;
  const summary = t('wizard.summary', {
    from:
      [sourceName(document.reader.dataSource), tableOf(document, 'reader')].filter(Boolean).join('.') || '…',
    to:
      [sourceName(document.writer.dataSource), tableOf(document, 'writer')].filter(Boolean).join('.') || '…',
    fields: fields.length,
    channels: document.control?.channels ?? 1,
  });
  return (
    <div className="steps">
      <div>
        <TaskEndStep side="reader" document={document} onChange={onChange} />
        <TaskEndStep side="writer" document={document} onChange={onChange} />
        {judgement.error !== null && hasSource && <ProblemCard error={judgement.error} />}
        <TaskMapping
          document={document}
          onChange={onChange}
          verdicts={verdicts}
          notes={judgement.data?.notes ?? []}
          sourceColumns={Object.keys((preview.data?.rows[0]?.source as object | undefined) ?? {})}
        />
        <Card title={t('wizard.filter')}>
          <Textarea
            aria-label={t('wizard.filter')}
            description={t('wizard.filterHint')}
            placeholder="amount > 0"
            autosize
            spellCheck={false}
            value={document.filter ?? ''}
            onChange={({ currentTarget: { value } }) => {
              const { filter: _, ...rest } = document;
              onChange(value === '' ? rest : { ...rest, filter: value });
            }}
          />
        </Card>
        <TaskPreview preview={preview} isAsked={hasSource && hasTarget} />
        <TaskControl document={document} onChange={onChange} />
        {custom.length > 0 && (
          <Card title={t('wizard.custom')}>
            <p className="dim">{t('wizard.customWhy')}</p>
            {custom.map((part) => (
              <details key={part}>
                <summary className="mono">{part}</summary>
                <pre className="mono wrap">
                  {JSON.stringify(document[part as keyof TaskDocument], null, 2)}
                </pre>
              </details>
            ))}
            <button type="button" className="keys-button" onClick={() => change({ view: 'script' })}>
              <Icon name="arrow" size={14} /> {t('wizard.openScript')}
            </button>
          </Card>
        )}
      </div>
      <aside className="summary card" aria-label={t('wizard.steps')}>
        <ol>
          {steps.map(([id, text, isDone]) => (
            <li key={id}>
              <a href={`#${id}`}>
                <span className={isDone ? 'ok' : 'open'}>
                  <Icon name={isDone ? 'check' : 'clock'} size={16} />
                </span>
                {text}
              </a>
            </li>
          ))}
        </ol>
        <p>{summary}</p>
        {judgement.isFetching ? (
          <Status tone="busy" icon="clock">
            {t('wizard.asking')}
          </Status>
        ) : judgement.data === undefined ? null : isMapped ? (
          <Status tone="good" icon="check">
            {t('wizard.fits')}
          </Status>
        ) : (
          <Status tone="bad" icon="cross">
            {t('wizard.fitsNot')}
          </Status>
        )}
      </aside>
    </div>
  );
}

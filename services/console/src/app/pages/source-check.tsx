import { Button, Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import type { CheckStage } from '../api/answers.ts';
import { call, inWorkspace } from '../api/client.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { ago, duration } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Card } from '../parts/page.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

/** A worker connects and says stage by stage how far it got, and what to do where it did not. */
export function SourceCheck({ source }: { readonly source: string }): ReactElement {
  const w = useWorkspace();
  const [{ check: wanted }] = useView();
  const [isAsked, setAsked] = useState(wanted === 'now');
  const check = useQuery({
    queryKey: [w, 'check', source],
    queryFn: () =>
      call<{ stages: readonly CheckStage[] }>('POST', inWorkspace(w, 'data-sources', `${source}:check`)),
    enabled: isAsked,
    retry: false,
    staleTime: Infinity,
  });
  const ask = (): void => {
    setAsked(true);
    if (isAsked) void check.refetch();
  };
  const stages = check.data?.stages;
  return (
    <Card
      title={t('check.title')}
      beside={
        <span className="row">
          {check.data !== undefined && <span className="dim">{ago(check.dataUpdatedAt)}</span>}
          <Button variant="default" size="sm" loading={check.isFetching} onClick={ask} data-key="r">
            {t('check.ask')}
          </Button>
        </span>
      }
    >
      {check.error !== null && <ProblemCard error={check.error} />}
      {stages === undefined && check.error === null && !check.isFetching && (
        <span className="dim">{t('check.why')}</span>
      )}
      {stages !== undefined && (
        <ul className="stages">
          {stages.map((stage) => (
            <li key={stage.name}>
              <Status tone={stage.ok ? 'good' : 'bad'} icon={stage.ok ? 'check' : 'cross'}>
                {stage.name}
              </Status>
              <span className="grow wrap">
                {stage.detail}
                {stage.remedy !== undefined && (
                  <span className="row">
                    <Icon name="arrow" size={14} /> {stage.remedy}
                    <CopyButton value={stage.remedy} label={t('check.copy')} />
                  </span>
                )}
              </span>
              {stage.code !== undefined && <Code>{stage.code}</Code>}
              <span className="dim num">{duration(stage.milliseconds)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

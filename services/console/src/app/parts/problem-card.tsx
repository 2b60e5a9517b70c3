import { Button, Code } from '@mantine/core';
import type { ReactElement } from 'react';
import { problemFrom } from '../api/client.ts';
import { t } from '../texts/texts.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';

/** What went wrong, why, and what to do: stays until it is mended. */
export function ProblemCard(props: {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}): ReactElement {
  const problem = problemFrom(props.error);
  return (
    <div className="problem" role="alert">
      <div className="problem-title">
        <Icon name="warn" />
        {problem.title}
      </div>
      <div>{problem.detail}</div>
      {problem.errors !== undefined && problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((fault) => (
            <li key={`${fault.pointer} ${fault.detail}`}>
              <Code>{fault.pointer}</Code> {fault.detail}
            </li>
          ))}
        </ul>
      )}
      <div className="problem-hint">
        <Icon name="arrow" size={14} /> {problem.hint}
      </div>
      <div className="row dim">
        <Code>{problem.code}</Code>
        {problem.traceId !== undefined && (
          <span>
            {t('problem.trace')} <Code>{problem.traceId}</Code>
          </span>
        )}
        <CopyButton value={JSON.stringify(problem, null, 2)} label={t('problem.copy')} />
        {props.onRetry !== undefined && (
          <Button size="compact-xs" variant="default" onClick={props.onRetry}>
            {t('problem.retry')}
          </Button>
        )}
      </div>
    </div>
  );
}

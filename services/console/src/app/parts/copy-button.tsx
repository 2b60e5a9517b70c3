import { UnstyledButton } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { t } from '../texts/texts.ts';
import { Icon } from './icon.tsx';

/** Puts a text into the clipboard and says so. */
export function CopyButton(props: { readonly value: string; readonly label: string }): ReactElement {
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(props.value);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <UnstyledButton className="copy" onClick={() => void copy()} aria-label={props.label} title={props.label}>
      <Icon name={isDone ? 'check' : 'copy'} size={14} />
      <span aria-live="polite">{isDone ? t('copy.done') : ''}</span>
    </UnstyledButton>
  );
}

/** The id of an object, short, with a button that copies all of it. */
export function CopyId({ id }: { readonly id: string }): ReactElement {
  return (
    <span className="row tight dim mono" title={id}>
      {id.length > 13 ? `…${id.slice(-8)}` : id}
      <CopyButton value={id} label={t('copy.id')} />
    </span>
  );
}

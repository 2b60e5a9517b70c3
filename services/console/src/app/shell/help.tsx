import { Modal } from '@mantine/core';
import type { ReactElement } from 'react';
import { t, type TextKey } from '../texts/texts.ts';
import type { Command } from './commands.ts';

const MORE: readonly (readonly [keys: string, text: TextKey])[] = [
  ['Ctrl K', 'palette.title'],
  ['/', 'keys.filter'],
  ['j k', 'keys.rows'],
  ['l', 'keys.log'],
  ['r', 'keys.run'],
  ['?', 'keys.help'],
  ['Esc', 'keys.close'],
];

/** The keys that there are. */
export function Help(props: {
  readonly commands: readonly Command[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const rows = [
    ...props.commands.flatMap(({ keys, text }) => (keys === undefined ? [] : [[keys, text] as const])),
    ...MORE,
  ];
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      lockScroll={false}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('action.close') }}
    >
      <dl className="help">
        {rows.map(([keys, text]) => (
          <div key={keys} style={{ display: 'contents' }}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

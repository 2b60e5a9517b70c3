import { Modal, TextInput } from '@mantine/core';
import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { t } from '../texts/texts.ts';
import type { Command } from './commands.ts';

/** Every command by a few letters of its name. */
export function Palette(props: {
  readonly commands: readonly Command[];
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactElement {
  const [words, setWords] = useState('');
  const [at, setAt] = useState(0);
  const found = props.commands.filter(({ text }) => t(text).toLowerCase().includes(words.toLowerCase()));
  const current = Math.min(at, Math.max(0, found.length - 1));
  const close = (): void => {
    setWords('');
    setAt(0);
    props.onClose();
  };
  const act = (command: Command | undefined): void => {
    close();
    command?.act();
  };
  const pressed = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') return act(found[current]);
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    setAt((current + by + found.length) % Math.max(1, found.length));
  };
  return (
    <Modal
      opened={props.isOpen}
      onClose={close}
      withCloseButton={false}
      lockScroll={false}
      title={t('palette.title')}
      yOffset="12vh"
    >
      <TextInput
        data-autofocus
        value={words}
        onChange={({ currentTarget }) => {
          setWords(currentTarget.value);
          setAt(0);
        }}
        onKeyDown={pressed}
        placeholder={t('palette.hint')}
        aria-label={t('palette.hint')}
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[current] === undefined ? undefined : `palette-${current}`}
        leftSection={<Icon name="search" />}
      />
      <div className="palette-list" role="listbox" id="palette-list" aria-label={t('palette.title')}>
        {found.map((command, index) => (
          <div
            key={command.text}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === current}
            onMouseEnter={() => setAt(index)}
            onClick={() => act(command)}
          >
            <Icon name={command.icon} />
            {t(command.text)}
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </div>
        ))}
      </div>
    </Modal>
  );
}

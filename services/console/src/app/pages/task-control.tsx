import { NumberInput } from '@mantine/core';
import { type ChannelControl, type TaskDocument } from '@sluice/model';
import type { ReactElement } from 'react';
import { Card } from '../parts/page.tsx';
import { t } from '../texts/texts.ts';

const FIELDS = [
  ['channels', 'control.channels', 1, '1'],
  ['dirtyLimit', 'control.dirtyLimit', -1, '0'],
  ['rowsPerSecond', 'control.rows', 1, '∞'],
  ['bytesPerSecond', 'control.bytes', 1, '∞'],
  ['batchRecords', 'control.batchRecords', 1, '1000'],
  ['batchBytes', 'control.batchBytes', 1, '262144'],
] as const satisfies readonly (readonly [keyof ChannelControl, string, number, string])[];

/** Speed, parallelism and tolerance of the runs of a task. */
export function TaskControl(props: {
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
}): ReactElement {
  const { document, onChange } = props;
  const control = document.control ?? {};
  const set = (name: keyof ChannelControl, value: number | string): void => {
    const { [name]: _, ...rest } = control;
    const next = value === '' ? rest : { ...rest, [name]: Number(value) };
    const { control: __, ...others } = document;
    onChange(Object.keys(next).length === 0 ? others : { ...others, control: next });
  };
  return (
    <Card id="channel" title={t('wizard.channel')}>
      <div className="fields">
        {FIELDS.map(([name, label, min, preset]) => (
          <NumberInput
            key={name}
            label={t(label)}
            description={t(`${label}Hint`)}
            min={min}
            allowDecimal={false}
            placeholder={preset}
            value={control[name] ?? ''}
            onChange={(value) => set(name, value)}
          />
        ))}
      </div>
    </Card>
  );
}

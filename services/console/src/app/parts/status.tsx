import type { RunState } from '@sluice/model';
import type { ReactElement } from 'react';
import { t, type TextKey } from '../texts/texts.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'rest' | 'busy' | 'wait' | 'good' | 'bad' | 'odd';

const SHOWN: Readonly<Record<RunState, readonly [Tone, IconName]>> = {
  created: ['wait', 'clock'],
  queued: ['wait', 'clock'],
  running: ['busy', 'run'],
  retrying: ['wait', 'retry'],
  stopping: ['wait', 'pause'],
  stopped: ['rest', 'pause'],
  cancelling: ['wait', 'stop'],
  cancelled: ['rest', 'stop'],
  succeeded: ['good', 'check'],
  failed: ['bad', 'cross'],
  'needs-resync': ['bad', 'warn'],
};

/** State of a run: picture, word and colour. */
export function RunStatus({ state }: { readonly state: RunState }): ReactElement {
  const [tone, icon] = SHOWN[state];
  return (
    <Status tone={tone} icon={icon}>
      {t(`state.${state}` as TextKey)}
    </Status>
  );
}

export function Status(props: {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly children: string;
}): ReactElement {
  return (
    <span className={`status tone-${props.tone}`}>
      <Icon name={props.icon} size={14} />
      {props.children}
    </span>
  );
}

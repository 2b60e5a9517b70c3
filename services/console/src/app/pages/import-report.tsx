import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import type { ScriptImport } from '../api/answers.ts';
import { plain } from '../parts/format.ts';
import { Card } from '../parts/page.tsx';
import { Status } from '../parts/status.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';

const SHOWN = {
  mapped: ['good', 'check'],
  defaulted: ['busy', 'check'],
  ignored: ['wait', 'warn'],
  unsupported: ['bad', 'cross'],
} as const;

/** What became of each key of a script of another dialect, and the button that makes a task of it. */
export function ImportReport(props: {
  readonly found: ScriptImport;
  readonly onTake: () => void;
}): ReactElement {
  const w = useWorkspace();
  const { dialect, report, dataSources, isReady } = props.found;
  const missing = dataSources.filter(({ exists }) => !exists);
  return (
    <Card
      title={t('import.title', { dialect })}
      beside={
        <Button disabled={!isReady} onClick={props.onTake}>
          {t('import.take')}
        </Button>
      }
    >
      {missing.length > 0 && (
        <ul className="stages">
          {missing.map(({ name, connector }) => (
            <li key={name}>
              <Status tone="wait" icon="warn">
                {t('import.missing')}
              </Status>
              <span className="mono">{plain(name)}</span>
              <Link to="/$w/sources/new" params={{ w }} search={{ connector }}>
                {t('import.make', { connector })}
              </Link>
            </li>
          ))}
        </ul>
      )}
      <div
        className="scroll"
        style={{ maxHeight: 360, overflowY: 'auto' }}
        tabIndex={0}
        role="region"
        aria-label={t('import.report')}
      >
        <table className="list tight">
          <thead>
            <tr>
              <th>{t('import.line')}</th>
              <th>{t('import.key')}</th>
              <th>{t('import.fate')}</th>
              <th>{t('import.became')}</th>
            </tr>
          </thead>
          <tbody>
            {report.map((one) => (
              <tr key={one.pointer}>
                <td className="num dim">{one.line}</td>
                <td className="mono">{plain(one.pointer)}</td>
                <td>
                  <Status tone={SHOWN[one.fate][0]} icon={SHOWN[one.fate][1]}>
                    {t(`fate.${one.fate}`)}
                  </Status>
                </td>
                <td>
                  {one.became !== undefined && <span className="mono">{plain(one.became)} </span>}
                  {one.why !== undefined && <span className="dim">{plain(one.why)}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

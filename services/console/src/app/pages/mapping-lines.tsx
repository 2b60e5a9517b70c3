import type { FieldMapping } from '@sluice/model';
import { type ReactElement, useState } from 'react';
import { plain } from '../parts/format.ts';
import { t } from '../texts/texts.ts';
import type { Verdict } from './task-document.ts';

const STEP = 36;
const MIDDLE = 15;
const WIDTH = 110;

/** Source columns at the left, target columns at the right, a line for each pair: press one at the left, then one at the right. */
export function MappingLines(props: {
  readonly columns: readonly string[];
  readonly fields: readonly FieldMapping[];
  readonly verdictOf: (to: string) => Verdict | undefined;
  readonly onPair: (from: string, to: string) => void;
}): ReactElement {
  const { columns, fields, verdictOf } = props;
  const [held, setHeld] = useState<string>();
  const used = new Set(fields.map(({ from }) => from));
  const height = Math.max(columns.length, fields.length) * STEP;
  return (
    <>
      <p className="dim" id="mapping-hint">
        {held === undefined ? t('mapping.hint') : t('mapping.hintHeld', { from: held })}
      </p>
      <div className="map" role="group" aria-describedby="mapping-hint">
        <div className="map-column" role="group" aria-label={t('mapping.from')}>
          {columns.map((column) => (
            <button
              key={column}
              type="button"
              className="map-item"
              aria-pressed={column === held}
              onClick={() => setHeld(column === held ? undefined : column)}
            >
              <span className="mono">{plain(column)}</span>
              {!used.has(column) && <span className="type">{t('mapping.unused')}</span>}
            </button>
          ))}
        </div>
        <svg
          className="map-lines"
          viewBox={`0 0 ${WIDTH} ${height}`}
          style={{ height }}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {fields.map(({ to, from }, at) => {
            const left = columns.indexOf(from ?? '');
            if (left < 0) return null;
            const [y1, y2] = [left * STEP + MIDDLE, at * STEP + MIDDLE];
            return (
              <path
                key={to}
                className={`line-${verdictOf(to)?.verdict ?? 'unknown'}`}
                d={`M4 ${y1} C ${WIDTH / 2} ${y1} ${WIDTH / 2} ${y2} ${WIDTH - 4} ${y2}`}
              />
            );
          })}
        </svg>
        <div className="map-column" role="group" aria-label={t('mapping.to')}>
          {fields.map(({ to, from, expression, constant, cast }) => (
            <button
              key={to}
              type="button"
              className="map-item"
              title={verdictOf(to)?.rule}
              onClick={() => {
                if (held === undefined) return;
                props.onPair(held, to);
                setHeld(undefined);
              }}
            >
              <span className="mono">{plain(to)}</span>
              <span className="type">
                {from === undefined ? plain(expression ?? JSON.stringify(constant)) : ''}
                {cast === undefined ? '' : ` ${typeof cast === 'string' ? cast : cast.to}`}
              </span>
            </button>
          ))}
        </div>
      </div>
    </>
  );
}

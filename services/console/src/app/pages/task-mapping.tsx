import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import type { FieldMapping, TaskDocument } from '@sluice/model';
import type { ReactElement } from 'react';
import { plain } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Card, Empty } from '../parts/page.tsx';
import { Status } from '../parts/status.tsx';
import { useView } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { MappingLines } from './mapping-lines.tsx';
import { fieldsOf, paired, type Verdict, withCast, withFields } from './task-document.ts';

const SHOWN = {
  safe: ['good', 'check'],
  'may-lose': ['wait', 'warn'],
  impossible: ['bad', 'cross'],
} as const;

/** Which source column goes into which target column, what the engine says of each pair, and how to change it. */
export function TaskMapping(props: {
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
  readonly verdicts: readonly Verdict[];
  readonly notes: readonly string[];
  readonly sourceColumns: readonly string[];
}): ReactElement {
  const { document, onChange, verdicts } = props;
  const [{ mapping: shown = 'lines' }, change] = useView();
  const fields = fieldsOf(document, verdicts);
  const isListed = typeof document.mapping === 'object';
  const set = (next: readonly FieldMapping[]): void => onChange(withFields(document, next));
  const froms = fields.flatMap(({ from }) => (from === undefined ? [] : [from]));
  const columns = [...new Set([...props.sourceColumns, ...froms])];
  const verdictOf = (to: string): Verdict | undefined => verdicts.find((one) => one.to === to);
  return (
    <Card
      id="mapping"
      title={t('wizard.mapping')}
      beside={
        <span className="row">
          <SegmentedControl
            size="xs"
            aria-label={t('mapping.as')}
            value={shown}
            data={[
              { value: 'lines', label: t('mapping.lines') },
              { value: 'table', label: t('mapping.table') },
            ]}
            onChange={(value) => change({ mapping: value })}
          />
          <Button
            size="compact-sm"
            variant="default"
            disabled={!isListed && document.mapping !== 'position'}
            onClick={() => onChange(withFields(document, undefined))}
          >
            {t('mapping.byName')}
          </Button>
        </span>
      }
    >
      {fields.length === 0 ? (
        <Empty title={t('mapping.none')} why={t('mapping.noneWhy')} />
      ) : shown === 'lines' ? (
        <MappingLines
          columns={columns}
          fields={fields}
          verdictOf={verdictOf}
          onPair={(from, to) => set(paired(fields, from, to))}
        />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label={t('wizard.mapping')}>
          <table className="list tight">
            <thead>
              <tr>
                <th>{t('mapping.to')}</th>
                <th>{t('mapping.from')}</th>
                <th>{t('mapping.cast')}</th>
                <th>{t('mapping.verdict')}</th>
                <th>{t('mapping.change')}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((field) => (
                <FieldRow
                  key={field.to}
                  field={field}
                  columns={columns}
                  verdict={verdictOf(field.to)}
                  onFrom={(from) => set(paired(fields, from, field.to))}
                  onCast={(cast) => set(withCast(fields, field.to, cast))}
                  onDrop={() => set(fields.filter(({ to }) => to !== field.to))}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Verdicts verdicts={verdicts} onCast={(to, cast) => set(withCast(fields, to, cast))} />
      {props.notes.map((note) => (
        <p key={note} className="dim">
          {plain(note)}
        </p>
      ))}
    </Card>
  );
}

/** What is not simply safe, with its rule and what mends it. */
function Verdicts(props: {
  readonly verdicts: readonly Verdict[];
  readonly onCast: (to: string, cast: string) => void;
}): ReactElement | null {
  const doubtful = props.verdicts.filter(({ verdict }) => verdict !== 'safe');
  if (doubtful.length === 0) return null;
  return (
    <ul className="stages verdicts">
      {doubtful.map(({ to, from, verdict, rule, suggestedCast }) => (
        <li key={to}>
          <Status tone={SHOWN[verdict][0]} icon={SHOWN[verdict][1]}>
            {t(`verdict.${verdict}`)}
          </Status>
          <span className="mono">
            {plain(from ?? '')} → {plain(to)}
          </span>
          <span className="grow">{plain(rule)}</span>
          {suggestedCast !== undefined && (
            <Button size="compact-xs" variant="default" onClick={() => props.onCast(to, suggestedCast)}>
              {t('mapping.useCast', { cast: suggestedCast })}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

function FieldRow(props: {
  readonly field: FieldMapping;
  readonly columns: readonly string[];
  readonly verdict: Verdict | undefined;
  readonly onFrom: (from: string) => void;
  readonly onCast: (cast: string | undefined) => void;
  readonly onDrop: () => void;
}): ReactElement {
  const { field, verdict } = props;
  const { to, from, expression, constant, position, cast } = field;
  const other = expression ?? (position === undefined ? JSON.stringify(constant) : `#${position}`);
  return (
    <tr>
      <td className="mono">{plain(to)}</td>
      <td>
        <Select
          size="xs"
          aria-label={t('mapping.fromOf', { to })}
          placeholder={from === undefined ? plain(String(other)) : undefined}
          searchable
          allowDeselect={false}
          value={from ?? null}
          data={[...props.columns]}
          onChange={(value) => value !== null && props.onFrom(value)}
        />
      </td>
      <td>
        <TextInput
          size="xs"
          aria-label={t('mapping.castOf', { to })}
          placeholder={t('mapping.noCast')}
          spellCheck={false}
          disabled={typeof cast === 'object'}
          value={typeof cast === 'object' ? cast.to : (cast ?? '')}
          onChange={({ currentTarget }) => props.onCast(currentTarget.value)}
        />
      </td>
      <td title={verdict?.rule}>
        {verdict === undefined ? (
          '–'
        ) : (
          <Status tone={SHOWN[verdict.verdict][0]} icon={SHOWN[verdict.verdict][1]}>
            {t(`verdict.${verdict.verdict}`)}
          </Status>
        )}
      </td>
      <td>
        <Button
          size="compact-xs"
          variant="default"
          aria-label={t('mapping.dropOf', { to })}
          onClick={props.onDrop}
          leftSection={<Icon name="cross" size={12} />}
        >
          {t('mapping.drop')}
        </Button>
      </td>
    </tr>
  );
}

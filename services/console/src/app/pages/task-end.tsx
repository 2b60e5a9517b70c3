import { Select, Switch, TextInput } from '@mantine/core';
import type { TaskDocument, WriteMode } from '@sluice/model';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import { connectorsQuery, sourcesQuery, tablesQuery } from '../api/queries.ts';
import { plain, shortCount } from '../parts/format.ts';
import { Card, Waiting } from '../parts/page.tsx';
import { ParameterForm } from '../parts/parameter-form.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { type Side, tableOf, withTable } from './task-document.ts';

/** One end of a task: a data source, a table in it, and what else its connector can be told. */
export function TaskEndStep(props: {
  readonly side: Side;
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
}): ReactElement {
  const w = useWorkspace();
  const { side, document, onChange } = props;
  const end = document[side];
  const sources = useQuery(sourcesQuery(w));
  const connectors = useQuery(connectorsQuery);
  const source = sources.data?.items.find(({ id, name }) => id === end.dataSource || name === end.dataSource);
  const spec = connectors.data?.items.find(({ name }) => name === source?.connector);
  const schema = spec?.[side];
  const hasTable = schema !== undefined && Object.hasOwn(schema.properties, 'table');
  const usable = (sources.data?.items ?? []).filter(
    ({ connector }) => connectors.data?.items.find(({ name }) => name === connector)?.[side] !== undefined,
  );
  const others = schema === undefined ? 0 : Object.keys(schema.properties).length - (hasTable ? 1 : 0);
  return (
    <Card
      id={side === 'reader' ? 'source' : 'target'}
      title={t(side === 'reader' ? 'wizard.source' : 'wizard.target')}
    >
      <div className="stack">
        <Select
          label={t('wizard.dataSource')}
          placeholder={t('wizard.choose')}
          searchable
          allowDeselect={false}
          nothingFoundMessage={t('sources.noneSuch')}
          value={source?.id ?? null}
          data={usable.map(({ id, name, connector }) => ({ value: id, label: `${name} (${connector})` }))}
          onChange={(id) =>
            id !== null &&
            onChange({
              ...document,
              [side]: { ...end, dataSource: id, parameters: side === 'writer' ? end.parameters : {} },
            })
          }
        />
        {source === undefined && (
          <Link to="/$w/sources/new" params={{ w }}>
            {t('sources.new')}
          </Link>
        )}
        {source !== undefined && hasTable && (
          <Tables side={side} source={source.id} document={document} onChange={onChange} />
        )}
        {side === 'writer' && source !== undefined && (
          <HowToWrite modes={spec?.capabilities.writeModes ?? []} document={document} onChange={onChange} />
        )}
        {schema !== undefined && others > 0 && (
          <details open={!hasTable}>
            <summary>{t('wizard.more')}</summary>
            <div className="inset">
              <ParameterForm
                schema={schema}
                without={hasTable ? ['table'] : []}
                values={end.parameters}
                onChange={(parameters) => onChange({ ...document, [side]: { ...end, parameters } })}
              />
            </div>
          </details>
        )}
      </div>
    </Card>
  );
}

function Tables(props: {
  readonly side: Side;
  readonly source: string;
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
}): ReactElement {
  const w = useWorkspace();
  const { side, source, document, onChange } = props;
  const [search, setSearch] = useState('');
  const found = useQuery(tablesQuery(w, source, search));
  const table = tableOf(document, side);
  const choose = (name: string): void => onChange(withTable(document, side, name));
  const items = found.data?.items ?? [];
  return (
    <>
      <TextInput
        label={t(side === 'reader' ? 'wizard.table' : 'wizard.targetTable')}
        description={t(side === 'reader' ? 'wizard.tableHint' : 'wizard.targetHint')}
        className="mono-input"
        spellCheck={false}
        value={table}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      />
      {found.error !== null && <ProblemCard error={found.error} onRetry={() => void found.refetch()} />}
      {found.isPending && <Waiting />}
      {(items.length > 8 || search !== '') && (
        <TextInput
          size="xs"
          aria-label={t('tables.search')}
          placeholder={t('tables.search')}
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      )}
      {items.length > 0 && (
        <div className="tables" role="group" aria-label={t('tables.title')}>
          {items.map((one) => (
            <button
              key={one.qualified}
              type="button"
              aria-pressed={one.qualified === table}
              onClick={() => choose(one.qualified)}
            >
              <span className="mono">{plain(one.qualified)}</span>
              <span className="dim">{one.kind === 'view' ? t('tables.view') : ''}</span>
              <span className="dim num">
                {one.rowsEstimate === undefined ? '' : `≈ ${shortCount(one.rowsEstimate)}`}
              </span>
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function HowToWrite(props: {
  readonly modes: readonly WriteMode[];
  readonly document: TaskDocument;
  readonly onChange: (document: TaskDocument) => void;
}): ReactElement {
  const { document, onChange } = props;
  const write = document.write ?? {};
  const set = (change: object): void => {
    const next = Object.fromEntries(
      Object.entries({ ...write, ...change }).filter(([, value]) => value !== undefined),
    );
    const { write: _, ...rest } = document;
    onChange(Object.keys(next).length === 0 ? rest : { ...rest, write: next });
  };
  return (
    <div className="row bottom">
      <Select
        label={t('write.mode')}
        placeholder={t('write.auto')}
        clearable
        clearButtonProps={{ 'aria-label': t('action.clear') }}
        value={write.mode ?? null}
        data={props.modes.map((mode) => ({ value: mode, label: t(`write.${mode}`) }))}
        onChange={(mode) => set({ mode: mode ?? undefined })}
      />
      <Switch
        label={t('write.create')}
        checked={write.createTable !== false}
        onChange={({ currentTarget }) => set({ createTable: currentTarget.checked ? undefined : false })}
      />
      <Switch
        label={t('write.truncate')}
        checked={write.truncateFirst === true}
        onChange={({ currentTarget }) => set({ truncateFirst: currentTarget.checked ? true : undefined })}
      />
    </div>
  );
}

import { Button, Modal, TextInput } from '@mantine/core';
import type { ConnectorSpec } from '@sluice/model';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { DataSource } from '../api/answers.ts';
import { call, inWorkspace, problemFrom } from '../api/client.ts';
import { connectorsQuery, sourceQuery } from '../api/queries.ts';
import { CopyId } from '../parts/copy-button.tsx';
import { Icon } from '../parts/icon.tsx';
import { Card, Page, Waiting } from '../parts/page.tsx';
import { faultsBelow, ParameterForm, type Values } from '../parts/parameter-form.tsx';
import { ProblemCard } from '../parts/problem-card.tsx';
import { Status } from '../parts/status.tsx';
import { useView, useWorkspace } from '../shell/address.ts';
import { t } from '../texts/texts.ts';
import { readUrl } from './connection-url.ts';
import { SourceCheck } from './source-check.tsx';
import { SourceTables } from './source-tables.tsx';

/** A new data source: paste a URL or choose a type, then fill in what is missing. */
export function NewSourcePage(): ReactElement {
  const w = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [{ connector }, change] = useView();
  const changed = useRef(change);
  changed.current = change;
  const connectors = useQuery(connectorsQuery);
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const [config, setConfig] = useState<Values>({});
  const specs = connectors.data?.items ?? [];
  const spec = specs.find((one) => one.name === connector);
  const save = useMutation({
    mutationFn: () =>
      call<DataSource>('POST', inWorkspace(w, 'data-sources'), {
        body: { name: name.trim(), connector, config },
      }),
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: [w, 'sources'] });
      void navigate({ to: '/$w/sources/$id', params: { w, id }, search: { check: 'now' } });
    },
  });
  // Also when the URL was there before the connectors were.
  const known = connectors.data?.items;
  useEffect(() => {
    const found = readUrl(url, known ?? []);
    if (found === undefined) return;
    setConfig(found.config);
    setName((old) => (old === '' ? nameFrom(found.config, found.connector) : old));
    changed.current({ connector: found.connector });
  }, [url, known]);
  return (
    <Page title={t('sources.new')} above={<Back />}>
      <Card title={t('sources.which')}>
        <div className="stack">
          <TextInput
            label={t('sources.url')}
            description={t('sources.urlHint')}
            placeholder="postgres://user:password@host:5432/database"
            value={url}
            autoComplete="off"
            spellCheck={false}
            onChange={({ currentTarget }) => setUrl(currentTarget.value)}
            error={
              url !== '' && specs.length > 0 && readUrl(url, specs) === undefined && t('sources.urlWrong')
            }
          />
          <div className="choice" role="group" aria-label={t('sources.which')}>
            {specs.map((one) => (
              <button
                key={one.name}
                type="button"
                className="map-item"
                style={{ height: 'auto', padding: '10px 12px' }}
                aria-pressed={one.name === connector}
                onClick={() => {
                  change({ connector: one.name });
                  if (one.name !== connector) setConfig({});
                }}
              >
                <Icon name="source" />
                <Capabilities spec={one} />
              </button>
            ))}
          </div>
        </div>
      </Card>
      {spec !== undefined && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          {save.error !== null && <ProblemCard error={save.error} />}
          <Card title={t('sources.settings', { type: spec.title })}>
            <div className="stack">
              <TextInput
                label={t('sources.name')}
                description={t('sources.nameHint')}
                required
                value={name}
                onChange={({ currentTarget }) => setName(currentTarget.value)}
              />
              <ParameterForm
                schema={spec.dataSource}
                values={config}
                onChange={setConfig}
                faults={faultsOf(save.error)}
              />
              <div className="row end">
                <Button type="submit" loading={save.isPending}>
                  {t('sources.save')}
                </Button>
              </div>
            </div>
          </Card>
        </form>
      )}
    </Page>
  );
}

const faultsOf = (error: unknown): Record<string, string> =>
  error === null ? {} : faultsBelow(problemFrom(error).errors, '/config');

function nameFrom(config: Values, connector: string): string {
  const { database, path } = config as Readonly<Record<string, string | undefined>>;
  const file = path
    ?.split('/')
    .at(-1)
    ?.replace(/\.\w+$/, '');
  return database ?? file ?? connector;
}

function Capabilities({ spec }: { readonly spec: ConnectorSpec }): ReactElement {
  const can = [
    spec.reader === undefined ? undefined : t('sources.reads'),
    spec.writer === undefined ? undefined : t('sources.writes'),
    ...spec.capabilities.modes.map((mode) => t(`mode.${mode}`)),
  ];
  return (
    <span style={{ whiteSpace: 'normal' }}>
      <strong>{spec.title}</strong>
      <br />
      <span className="dim">{can.filter((one) => one !== undefined).join(' · ')}</span>
    </span>
  );
}

function Back(): ReactElement {
  return (
    <Link to="/$w/sources" params={{ w: useWorkspace() }}>
      {t('sources.title')}
    </Link>
  );
}

/** One data source: its check, its tables, its settings. */
export function SourcePage(): ReactElement {
  const w = useWorkspace();
  const { id = '' } = useParams({ strict: false });
  const source = useQuery(sourceQuery(w, id));
  const connectors = useQuery(connectorsQuery);
  const spec = connectors.data?.items.find(({ name }) => name === source.data?.connector);
  if (source.error !== null)
    return <ProblemCard error={source.error} onRetry={() => void source.refetch()} />;
  if (source.data === undefined || spec === undefined) return <Waiting />;
  return (
    <Page
      title={source.data.name}
      above={<Back />}
      beside={
        <span className="row">
          <span className="dim">{spec.title}</span> <CopyId id={id} />
        </span>
      }
      actions={
        <>
          <Remove source={source.data} />
          <Button
            component={Link}
            {...({ to: '/$w/tasks/new', params: { w }, search: { source: id } } as object)}
            leftSection={<Icon name="task" />}
          >
            {t('sources.copyFrom')}
          </Button>
        </>
      }
    >
      <SourceCheck source={id} />
      <SourceTables source={id} />
      <Settings key={source.data.version} source={source.data} spec={spec} />
    </Page>
  );
}

function Settings(props: { readonly source: DataSource; readonly spec: ConnectorSpec }): ReactElement {
  const w = useWorkspace();
  const client = useQueryClient();
  const { source, spec } = props;
  const [config, setConfig] = useState<Values>(source.config);
  const save = useMutation({
    mutationFn: () =>
      call<DataSource>('PUT', inWorkspace(w, 'data-sources', source.id), {
        body: { config },
        headers: { 'if-match': `"${source.version}"`, prefer: 'require-match' },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: [w, 'sources'] }),
  });
  return (
    <Card
      title={t('sources.settings', { type: spec.title })}
      beside={
        save.isSuccess ? (
          <Status tone="good" icon="check">
            {t('sources.saved')}
          </Status>
        ) : undefined
      }
    >
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {save.error !== null && <ProblemCard error={save.error} />}
        <ParameterForm
          schema={spec.dataSource}
          values={config}
          onChange={setConfig}
          kept={Object.keys(source.secrets)}
          faults={faultsOf(save.error)}
        />
        <div className="row end">
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('sources.change')}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Remove({ source }: { readonly source: DataSource }): ReactElement {
  const w = useWorkspace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isOpen, setOpen] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      call('DELETE', inWorkspace(w, 'data-sources', source.id), {
        headers: { 'if-match': `"${source.version}"` },
      }),
    onSuccess: async () => {
      await navigate({ to: '/$w/sources', params: { w } });
      void client.invalidateQueries({ queryKey: [w, 'sources'] });
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t('sources.remove')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => setOpen(false)}
        lockScroll={false}
        title={t('sources.removeTitle', { name: source.name })}
        closeButtonProps={{ 'aria-label': t('action.close') }}
      >
        {remove.error !== null && <ProblemCard error={remove.error} />}
        <p>{t('sources.removeText')}</p>
        <div className="row end">
          <Button variant="default" onClick={() => setOpen(false)}>
            {t('action.keep')}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t('sources.remove')}
          </Button>
        </div>
      </Modal>
    </>
  );
}

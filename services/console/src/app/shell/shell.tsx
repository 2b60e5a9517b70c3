import { ActionIcon, Select, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { type ReactElement, useEffect, useMemo, useState } from 'react';
import { follow, pause, useLive } from '../api/live-state.ts';
import { workspacesQuery } from '../api/queries.ts';
import { Icon } from '../parts/icon.tsx';
import { chooseLanguage, currentLanguage, t } from '../texts/texts.ts';
import { useWorkspace } from './address.ts';
import { SCREENS, useCommands } from './commands.ts';
import { Help } from './help.tsx';
import { useKeys } from './keys.ts';
import { Palette } from './palette.tsx';

/** The frame of every screen. */
export function Shell(): ReactElement {
  const w = useWorkspace();
  const client = useQueryClient();
  const commands = useCommands();
  const [dialog, setDialog] = useState<'palette' | 'help'>();
  const open = useMemo(
    () => ({ palette: () => setDialog('palette'), help: () => setDialog('help') }),
    [setDialog],
  );
  useKeys(commands, open);
  useEffect(() => {
    localStorage.setItem('sluice-workspace', w);
    return follow(w, client);
  }, [w, client]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('shell.skip')}
      </a>
      <nav className="side" aria-label={t('shell.nav')}>
        <Link to="/$w" params={{ w }} className="brand">
          <img src="/console/sluice.svg" alt="" /> Sluice
        </Link>
        {SCREENS.map(({ to, text, icon }) => (
          <Link
            key={to}
            to={to}
            params={{ w }}
            className="nav"
            activeProps={{ className: 'active' }}
            activeOptions={{ exact: to === '/$w', includeSearch: false }}
          >
            <Icon name={icon} /> {t(text)}
          </Link>
        ))}
        <div className="side-end">
          <button type="button" className="keys-button" onClick={open.help}>
            <Icon name="keys" /> {t('keys.title')} <kbd>?</kbd>
          </button>
        </div>
      </nav>
      <div>
        <Top onPalette={open.palette} />
        <main id="content" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Palette commands={commands} isOpen={dialog === 'palette'} onClose={() => setDialog(undefined)} />
      <Help commands={commands} isOpen={dialog === 'help'} onClose={() => setDialog(undefined)} />
    </div>
  );
}

function Top({ onPalette }: { readonly onPalette: () => void }): ReactElement {
  const w = useWorkspace();
  const navigate = useNavigate();
  const { data } = useQuery(workspacesQuery);
  const workspaces = data?.items ?? [{ id: w, name: w }];
  return (
    <header className="top">
      <Select
        aria-label={t('shell.workspace')}
        size="xs"
        value={w}
        allowDeselect={false}
        data={workspaces.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(to) => to !== null && void navigate({ to: '/$w', params: { w: to } })}
      />
      <button type="button" className="palette-button" onClick={onPalette}>
        <Icon name="search" size={15} /> {t('palette.button')} <kbd>Ctrl K</kbd>
      </button>
      <span className="grow" />
      <LiveDot />
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={t('shell.language')}
        title={t('shell.language')}
        onClick={() => chooseLanguage(currentLanguage() === 'en' ? 'zh-CN' : 'en')}
      >
        <Icon name="globe" />
      </ActionIcon>
      <Theme />
    </header>
  );
}

function LiveDot(): ReactElement {
  const { isOpen, isPaused, held } = useLive();
  const client = useQueryClient();
  const w = useWorkspace();
  const text = isPaused ? t('live.paused', { held }) : isOpen ? t('live.open') : t('live.lost');
  return (
    <button
      type="button"
      className={`live ${isPaused ? 'paused' : isOpen ? 'open' : ''}`}
      title={t(isPaused ? 'live.resume' : 'live.pause')}
      aria-pressed={isPaused}
      onClick={() => pause(w, client, !isPaused)}
    >
      {text}
    </button>
  );
}

function Theme(): ReactElement {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={32}
      aria-label={t(scheme === 'dark' ? 'theme.light' : 'theme.dark')}
      title={t(scheme === 'dark' ? 'theme.light' : 'theme.dark')}
      onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
    >
      <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
    </ActionIcon>
  );
}

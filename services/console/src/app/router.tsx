import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { workspacesQuery } from './api/queries.ts';
import { HomePage } from './pages/home.tsx';
import { ProblemCard } from './parts/problem-card.tsx';
import { Empty, Waiting } from './parts/page.tsx';
import { Shell } from './shell/shell.tsx';
import { t } from './texts/texts.ts';

interface Context {
  readonly client: QueryClient;
}

type Search = Readonly<Record<string, string>>;

/** What a screen keeps in its address: texts by name; each screen reads those that it knows. */
function texts(search: Record<string, unknown>): Search {
  const known = Object.entries(search).filter(
    ([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '',
  );
  return Object.fromEntries(known.map(([name, value]) => [name, String(value)]));
}

const root = createRootRouteWithContext<Context>()({ validateSearch: texts });

const first = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async ({ context }) => {
    const { items } = await context.client.ensureQueryData(workspacesQuery);
    const kept = items.find(({ id }) => id === localStorage.getItem('sluice-workspace'));
    throw redirect({ to: '/$w', params: { w: (kept ?? items[0])?.id ?? 'default' }, replace: true });
  },
});

const workspace = createRoute({ getParentRoute: () => root, path: '/$w', component: Shell });

const home = createRoute({ getParentRoute: () => workspace, path: '/', component: HomePage });
const sources = createRoute({
  getParentRoute: () => workspace,
  path: '/sources',
  component: lazyRouteComponent(() => import('./pages/sources.tsx'), 'SourcesPage'),
});
const newSource = createRoute({
  getParentRoute: () => workspace,
  path: '/sources/new',
  component: lazyRouteComponent(() => import('./pages/source.tsx'), 'NewSourcePage'),
});
const source = createRoute({
  getParentRoute: () => workspace,
  path: '/sources/$id',
  component: lazyRouteComponent(() => import('./pages/source.tsx'), 'SourcePage'),
});
const tasks = createRoute({
  getParentRoute: () => workspace,
  path: '/tasks',
  component: lazyRouteComponent(() => import('./pages/tasks.tsx'), 'TasksPage'),
});
const newTask = createRoute({
  getParentRoute: () => workspace,
  path: '/tasks/new',
  component: lazyRouteComponent(() => import('./pages/task.tsx'), 'NewTaskPage'),
});
const task = createRoute({
  getParentRoute: () => workspace,
  path: '/tasks/$id',
  component: lazyRouteComponent(() => import('./pages/task.tsx'), 'TaskPage'),
});
const runs = createRoute({
  getParentRoute: () => workspace,
  path: '/runs',
  component: lazyRouteComponent(() => import('./pages/runs.tsx'), 'RunsPage'),
});
const run = createRoute({
  getParentRoute: () => workspace,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('./pages/run.tsx'), 'RunPage'),
});
const topics = createRoute({
  getParentRoute: () => workspace,
  path: '/topics',
  component: lazyRouteComponent(() => import('./pages/topics.tsx'), 'TopicsPage'),
});
const topic = createRoute({
  getParentRoute: () => workspace,
  path: '/topics/$topic',
  component: lazyRouteComponent(() => import('./pages/topic.tsx'), 'TopicPage'),
});

const tree = root.addChildren([
  first,
  workspace.addChildren([home, sources, newSource, source, tasks, newTask, task, runs, run, topics, topic]),
]);

export function createAppRouter(client: QueryClient) {
  return createRouter({
    routeTree: tree,
    basepath: '/console',
    context: { client },
    defaultPreload: 'intent',
    defaultPendingComponent: Waiting,
    defaultNotFoundComponent: () => <Empty title={t('shell.nowhere')} why={t('shell.nowhereWhy')} />,
    defaultErrorComponent: ({ error, reset }) => <ProblemCard error={error} onRetry={reset} />,
    // An address is for people: `?state=failed`, no quotes around texts.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const given = Object.entries(search as Search).filter(([, value]) => value !== undefined);
      return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

export { createRuns, type Runs } from './runs/index.ts';
export { SecretSources } from './secret-sources.ts';
export type { DataSourceAccess, Errands, RunControl } from './control.ts';
export { type AppOptions, createApp, PRODUCT } from './app.ts';
export { ROUTES, type RouteAccess } from './routes/permissions.ts';

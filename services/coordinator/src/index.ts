export { createRuns, type Runs } from './runs/index.ts';
export { SecretSources } from './secret-sources.ts';
export type { DataSourceAccess, Errands, RunControl } from './control.ts';
export { type AppOptions, createApp, type Pages } from './app.ts';
export { PRODUCT } from './routes/health.ts';
export { COMPONENTS } from './routes/answer-schemas.ts';
export { ANSWERS } from './routes/answers.ts';
export { ROUTES, type RouteAccess } from './routes/permissions.ts';

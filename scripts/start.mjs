// `npm start`: everything in one process, with a demo task that has really run.
import { launch } from './launch.mjs';

launch('services/cli/src/main.ts', ['up', '--demo', ...process.argv.slice(2)]);

// `npm start`: everything in one process, with a demo task that has really run.
import { buildConsole, install } from './install.mjs';
import { launch } from './launch.mjs';

install();

buildConsole();
launch('services/cli/src/main.ts', ['up', '--demo', ...process.argv.slice(2)]);

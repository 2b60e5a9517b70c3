export { buildConsole, CONSOLE_FILES } from './build.ts';

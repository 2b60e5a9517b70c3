#!/usr/bin/env node
// The `sluice` command: plain JavaScript that an old Node can read.
import { buildConsole, install } from '../../../scripts/install.mjs';
import { launch } from '../../../scripts/launch.mjs';

// The only commands that serve the console.
if (['up', 'demo'].includes(process.argv[2])) {
  install();
  buildConsole();
}

launch('services/cli/src/main.ts', process.argv.slice(2));

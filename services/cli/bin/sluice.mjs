#!/usr/bin/env node
// The `sluice` command: plain JavaScript that an old Node can read.
import { launch } from '../../../scripts/launch.mjs';

launch('services/cli/src/main.ts', process.argv.slice(2));

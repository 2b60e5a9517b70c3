import { entry } from './error-entry.ts';

/** Codes of mappings: what a task document says between its two ends. */
export const MAP_ERRORS = {
  SLUICE_MAP_CAST: entry(
    'data',
    422,
    'A value cannot be cast as the mapping asks.',
    'Repair the value or change the cast.',
  ),
  SLUICE_MAP_IMPOSSIBLE: entry(
    'config',
    422,
    'The mapping cannot work for a field.',
    'Change the mapping of the named field.',
  ),
  SLUICE_MAP_EXPRESSION: entry(
    'config',
    422,
    'An expression or a parameter of the mapping cannot be used.',
    'Correct it at the named place; docs/mapping.md has every function.',
  ),
  SLUICE_MAP_TRANSFORMER: entry(
    'config',
    422,
    'A transformer of the mapping cannot be used.',
    'Correct its name, column or parameters.',
  ),
  SLUICE_MAP_GROOVY: entry(
    'config',
    422,
    'Scripts in Groovy are not run.',
    'Write what the script does as computed columns and a filter.',
  ),
  SLUICE_MAP_EVALUATE: entry(
    'data',
    422,
    'An expression cannot be computed for a record.',
    'Repair the value, or say in the expression what such a value becomes.',
  ),
  SLUICE_MAP_TRANSFORM: entry(
    'data',
    422,
    'A transformer cannot change a record.',
    'Repair the value, or change the parameters of the transformer.',
  ),
  SLUICE_MAP_TOO_LARGE: entry(
    'data',
    422,
    'A batch has become larger by its mapping than the bus carries.',
    'Lower control.batchRecords, or make the computed values shorter.',
  ),
} as const;

import type { DataSourceConfig, Parameters } from '@sluice/connector-sdk';
import { type ColumnKind, type ParameterProperty, SluiceError } from '@sluice/model';
import { GENERATED_KINDS } from './generated-columns.ts';
import { spec } from './spec.ts';

/** What a generator generates. */
export interface Settings {
  readonly rows: number;
  readonly seed: number;
  /** Of the columns behind the id. */
  readonly kinds: readonly ColumnKind[];
  readonly padding: number;
  readonly badEvery: number;
  readonly splits: number | undefined;
  readonly resumable: boolean;
  readonly rowsPerSecond: number | undefined;
  /** Names of the columns to read. */
  readonly columns: readonly string[] | undefined;
}

/** Reads the settings of a data source under those of a task. Throws SLUICE_CFG_INVALID. */
export function readSettings(config: DataSourceConfig, parameters: Parameters): Settings {
  const given = { ...config, ...parameters };
  const whole = (name: string): number | undefined => {
    const property = spec.reader!.properties[name]!;
    const value = given[name] ?? property.default;
    if (value === undefined || isWhole(value, property)) return value as number | undefined;
    throw invalid(`${property.title} is no whole number that is allowed.`, name);
  };
  const kinds = given['kinds'] ?? spec.reader!.properties['kinds']!.default;
  if (typeof kinds !== 'string') throw invalid('Columns are kinds separated by commas.', 'kinds');
  const resumable = given['resumable'] ?? true;
  if (typeof resumable !== 'boolean') throw invalid('Resumable is true or false.', 'resumable');
  const columns = given['columns'];
  if (columns !== undefined && !(Array.isArray(columns) && columns.every((name) => typeof name === 'string')))
    throw invalid('Columns to read are names.', 'columns');
  return {
    rows: whole('rows')!,
    seed: whole('seed')!,
    kinds: kinds === '' ? [] : kinds.split(',').map((kind) => kindOf(kind.trim())),
    padding: whole('padding')!,
    badEvery: whole('badEvery')!,
    splits: whole('splits'),
    resumable,
    rowsPerSecond: whole('rowsPerSecond'),
    columns: columns as readonly string[] | undefined,
  };
}

function isWhole(
  value: unknown,
  { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: ParameterProperty,
): boolean {
  return Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
}

function kindOf(text: string): ColumnKind {
  const kind = GENERATED_KINDS.find((known) => known === text);
  if (kind === undefined)
    throw invalid(`There is no kind ${text}; there are ${GENERATED_KINDS.join(', ')}.`, 'kinds');
  return kind;
}

const invalid = (detail: string, place: string): SluiceError =>
  new SluiceError('SLUICE_CFG_INVALID', { detail, place });

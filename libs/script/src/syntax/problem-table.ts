/** `error`: the script cannot run like this. `warning`: it can, but perhaps not as meant. `note`: for completeness. */
export type Severity = 'error' | 'warning' | 'note';

interface Entry {
  readonly severity: Severity;
  /** One sentence: what it means; docs/scripts.md lists them. */
  readonly meaning: string;
  /** One sentence: what to do, where the place knows nothing better. */
  readonly remedy: string;
}

const error = (meaning: string, remedy: string): Entry => ({ severity: 'error', meaning, remedy });
const warning = (meaning: string, remedy: string): Entry => ({ severity: 'warning', meaning, remedy });

/** Codes of what can be said about a script. They stand in `errors[].code` of SLUICE_CFG_INVALID. */
export const PROBLEMS = {
  SCRIPT_EMPTY: error('The script holds nothing.', 'Start from a template of the connectors.'),
  SCRIPT_TOO_LARGE: error('The script is longer than 1,048,576 characters.', 'Split it into several tasks.'),
  SCRIPT_TOO_DEEP: error('Objects and lists lie more than 64 deep.', 'Remove the nesting.'),
  SCRIPT_BRACKET: error('A bracket or brace is missing or too much.', 'Close what was opened, in order.'),
  SCRIPT_QUOTE: error('A quote is missing or too much.', 'Put the text between two double quotes.'),
  SCRIPT_COLON: error('No colon stands between key and value.', 'Put a colon after the key.'),
  SCRIPT_COMMA: warning('A comma is missing or too much.', 'Separate entries by one comma.'),
  SCRIPT_VALUE: error('A value is missing.', 'Write the value, or remove the key.'),
  SCRIPT_KEY: error('A key is missing.', 'Put a key in double quotes before the colon.'),
  SCRIPT_COMMENT: error('A comment is not closed.', 'Close it with */.'),
  SCRIPT_BARE_WORD: warning('A text stands without quotes.', 'Put it in double quotes.'),
  SCRIPT_LINE_BREAK: warning('A text goes over a line break.', 'Write \\n where the line ends.'),
  SCRIPT_ESCAPE: warning('A backslash begins no escape.', 'Write two backslashes for one.'),
  SCRIPT_CHARACTER: warning(
    'A full-width or typographic character stands for punctuation.',
    'Write the ASCII one.',
  ),
  SCRIPT_AFTER_END: warning('Something stands after the end of the script.', 'Remove it.'),
  SCRIPT_YAML: error('The YAML cannot be read.', 'Correct the YAML there.'),
  SCRIPT_FORBIDDEN_KEY: error('A key has a name that no document may use.', 'Remove the key.'),
  SCRIPT_REPEATED_KEY: warning('A key stands there twice.', 'Keep one of them; the last one counts.'),
  SCRIPT_UNKNOWN_KEY: warning('A key is not known.', 'Correct its spelling, or remove it.'),
  SCRIPT_DIALECT: error(
    'The script is in no dialect that is known.',
    'Write a task document, or a script of version 1.0, 2.0, DataX or Addax.',
  ),
  SCRIPT_VERSION: error('The version of the script is not known.', 'Use version 1.0 or 2.0.'),
  SCRIPT_PART: error('Reader or writer is missing or there twice.', 'Give one reader and one writer.'),
  SCRIPT_REQUIRED: error('A required field is missing.', 'Add the field.'),
  SCRIPT_TYPE: error('A value is of the wrong type.', 'Give a value of the type that the field takes.'),
  SCRIPT_RANGE: error('A value lies outside what the field takes.', 'Give a value within the limits.'),
  SCRIPT_CONFLICT: error('Two keys exclude each other.', 'Keep one of them.'),
  SCRIPT_COLUMNS: error(
    'Reader and writer have different numbers of columns.',
    'Give both the same number: they pair by position.',
  ),
  SCRIPT_COLUMN: error('A column cannot be read.', 'Write a column name, a constant or an expression.'),
  SCRIPT_CONNECTOR: error('Sluice has no connector for this type.', 'Use one of the connectors that exist.'),
  SCRIPT_UNSUPPORTED: error(
    'Sluice cannot do this yet, and without it the result would differ.',
    'Remove it if the task does not need it.',
  ),
  SCRIPT_NO_EFFECT: warning('Sluice does without this; the result is the same.', 'Nothing has to be done.'),
  SCRIPT_VARIABLE: error(
    'The value holds a variable that Sluice cannot fill in yet.',
    'Write the value itself, or give it as a parameter of the task where that is possible.',
  ),
  SCRIPT_SECRET: warning(
    'A secret stands in the script.',
    'Create the data source with it, and remove it from the script.',
  ),
  SCRIPT_DATA_SOURCE: warning(
    'A data source of this name does not exist, or is of another kind.',
    'Create the data source, or name one that exists.',
  ),
  SCRIPT_URL: error('A connection URL cannot be read.', 'Write it as jdbc:mysql://host:port/database.'),
  SCRIPT_DIRTY_LIMIT: warning(
    'No limit of dirty records is given, so any number of them is accepted.',
    'Set errorLimit.record to 0 to fail at the first one.',
  ),
  SCRIPT_SPEED: warning('The speed settings do not go together.', 'Correct the setting.'),
  SCRIPT_CODE: error(
    'The script holds program code, which Sluice does not run.',
    'Replace it by a filter or a computed column of the mapping.',
  ),
} as const satisfies Record<string, Entry>;

export type ProblemCode = keyof typeof PROBLEMS;

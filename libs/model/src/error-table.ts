import { END_ERRORS } from './end-error-table.ts';
import { entry, type ErrorEntry } from './error-entry.ts';
import { MAP_ERRORS } from './map-error-table.ts';

/** Every error code of the product. A test compares this table with docs/errors.md and with the source. */
export const ERRORS = {
  SLUICE_CFG_INVALID: entry(
    'config',
    400,
    'A document or parameter is not valid.',
    'Correct the named fields.',
  ),
  SLUICE_CFG_NOT_FOUND: entry(
    'config',
    404,
    'The named object does not exist.',
    'Check the id or name; list the objects to see what exists.',
  ),
  SLUICE_CFG_CONFLICT: entry(
    'config',
    409,
    'The object is not in a state that allows this.',
    'Look at its present state and try again when it allows the action.',
  ),
  SLUICE_CFG_STALE: entry(
    'config',
    412,
    'The object was changed since it was read.',
    'Read it again, apply the change to what it is now, and send its new ETag as If-Match.',
  ),
  SLUICE_CFG_UNGUARDED: entry(
    'config',
    428,
    'The call demands a guard against other changes and brings none.',
    'Send the ETag of the object as If-Match.',
  ),
  SLUICE_CFG_REPEATED: entry(
    'config',
    422,
    'The Idempotency-Key was used for another call.',
    'Use a new key for each call; the same key only to repeat a call with the same body.',
  ),
  SLUICE_CFG_MEDIA_TYPE: entry(
    'config',
    415,
    'The body is of a type that is not read here.',
    'Send JSON, with the header content-type: application/json.',
  ),
  SLUICE_CFG_TOO_LARGE: entry(
    'config',
    413,
    'The body is larger than this server reads.',
    'Send less at once.',
  ),
  SLUICE_CFG_USAGE: entry(
    'config',
    400,
    'The command line is not valid.',
    'Look at the help: sluice <command> --help.',
  ),
  SLUICE_CFG_CONNECTOR: entry(
    'config',
    400,
    'No connector of that name.',
    'Use one of the connectors that `GET /api/v1/connectors` lists.',
  ),
  SLUICE_CFG_URL: entry(
    'config',
    400,
    'A connection URL cannot be read.',
    'Write it as <scheme>://user:password@host:port/database#table.',
  ),
  ...END_ERRORS,
  ...MAP_ERRORS,
  SLUICE_CFG_PATH: entry(
    'config',
    403,
    'A path leads to where it must not, or to what is no regular file.',
    'Name a regular file below the root of the data source; operators allow roots with SLUICE_FILE_ROOTS.',
  ),
  SLUICE_BUS_UNREACHABLE: entry(
    'transient',
    503,
    'The message bus cannot be reached.',
    'Check the brokers; the run goes on by itself.',
  ),
  SLUICE_BUS_REFUSED: entry(
    'config',
    422,
    'The message bus refused a request for good.',
    'Check rights and limits of the topic.',
  ),
  SLUICE_BUS_TOO_LARGE: entry(
    'config',
    422,
    'A batch is larger than the bus accepts.',
    'Lower batchBytes of the task or raise max.message.bytes.',
  ),
  SLUICE_BUS_UNDECODABLE: entry(
    'transient',
    500,
    'A message on the bus cannot be decoded.',
    'None needed: it is put aside and its split is read again.',
  ),
  SLUICE_BUS_LOST_REPEATEDLY: entry(
    'bug',
    500,
    'The same batch was lost three times.',
    'Look at the broker: messages vanish from the topic of the task.',
  ),
  SLUICE_REG_NOT_FOUND: entry(
    'config',
    404,
    'The schema registry has no such entry.',
    'Check subject, version or id.',
  ),
  SLUICE_OFF_LEDGER: entry(
    'bug',
    500,
    'The ledger of the run does not balance.',
    'Report it with the run log; do not trust the target until it is explained.',
  ),
  SLUICE_AUTH_MISSING: entry(
    'config',
    401,
    'No valid access key was sent.',
    'Send `Authorization: Bearer slk_<id>.<secret>`.',
  ),
  SLUICE_AUTH_FORBIDDEN: entry(
    'config',
    403,
    'The access key does not allow this.',
    'Ask the owner of the workspace for the right.',
  ),
  SLUICE_AUTH_SECRET: entry(
    'config',
    500,
    'A stored secret cannot be decrypted.',
    'Give the coordinator the key file that it was encrypted with.',
  ),
  SLUICE_RUN_ACTIVE: entry(
    'config',
    409,
    'The task has an active run.',
    'Wait for it, stop it or cancel it first.',
  ),
  SLUICE_RUN_REPEATS: entry(
    'config',
    409,
    'An earlier run of the task has appended rows to the target and is not finished.',
    'Start the task again, which resumes that run, or start it over, which may append its rows twice.',
  ),
  SLUICE_RUN_STATE: entry(
    'config',
    409,
    'The run is not in a state that allows this.',
    'Look at the state of the run.',
  ),
  SLUICE_RUN_TIMEOUT: entry(
    'config',
    504,
    'The time that was given for waiting is over.',
    'Look at the run again later, or give more time.',
  ),
  SLUICE_RUN_UNFINISHED: entry(
    'config',
    409,
    'An earlier run of the same copy is unfinished.',
    'Give --resume to go on with it or --fresh to start over.',
  ),
  SLUICE_RUN_ENDED: entry(
    'config',
    409,
    'The run was ended before it was done.',
    'Resume a stopped run, or start the task again.',
  ),
  SLUICE_RUN_DIRTY_LIMIT: entry(
    'config',
    422,
    'More records are dirty than the task allows.',
    'Repair the records and resume, or raise the dirty limit.',
  ),
  SLUICE_RUN_NO_WORKER: entry(
    'transient',
    503,
    'No worker of the resource group answers.',
    'Start a worker for the stage.',
  ),
  SLUICE_RUN_BUDGET: entry(
    'config',
    503,
    'The run gave up after repeated transient errors.',
    'Mend the cause that the log names, then resume the run.',
  ),
  SLUICE_SYS_UNREACHABLE: entry(
    'transient',
    503,
    'No Sluice server answers.',
    'Start one with `sluice up`, or say where it is with --url or SLUICE_URL.',
  ),
  SLUICE_SYS_BUSY: entry(
    'transient',
    503,
    'The server serves as many clients as it can.',
    'Try again in a while.',
  ),
  SLUICE_SYS_PORT: entry(
    'config',
    500,
    'The port is taken by another program.',
    'Choose another port with SLUICE_PORT or --port.',
  ),
  SLUICE_SYS_STORE: entry(
    'transient',
    503,
    'The store cannot be reached.',
    'Check the store; the data plane goes on meanwhile.',
  ),
  SLUICE_SYS_MISSING: entry(
    'config',
    500,
    'A program that this needs is not installed.',
    'Install it as the detail says.',
  ),
  SLUICE_SYS_HOME: entry(
    'config',
    500,
    'The home directory cannot be used.',
    'Make it writable, or set SLUICE_HOME.',
  ),
  SLUICE_SYS_BUG: entry(
    'bug',
    500,
    'Something happened that Sluice does not know.',
    'Report it with the run log.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

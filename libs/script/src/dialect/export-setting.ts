import type { Json } from '../syntax/node.ts';
import type { Dialect } from './dialects.ts';
import type { Losses } from './losses.ts';
import type { Rest } from './rest.ts';

const MEBIBYTE = 2 ** 20;

export interface ExportedSetting {
  readonly setting: { [key: string]: Json };
  /** `core` of DataX. */
  readonly core?: Json;
}

/** `control` as the dialect says it. */
export function exportSetting(
  rest: Rest,
  dialect: Exclude<Dialect, 'sluice'>,
  losses: Losses,
): ExportedSetting {
  const number = (pointer: string): number | undefined => {
    const value = rest.take(pointer);
    return typeof value === 'number' ? value : undefined;
  };
  // A variable of a schedule is written as it stands.
  const [open, openLimit] = ['/control/channels', '/control/dirtyLimit'].map((pointer) =>
    variable(rest, pointer),
  );
  const channels = number('/control/channels') ?? 1;
  const dirty = number('/control/dirtyLimit') ?? 0;
  const share = number('/control/dirtyRatio');
  const [bytes, rows] = [number('/control/bytesPerSecond'), number('/control/rowsPerSecond')];
  const errorLimit = {
    ...(dirty < 0 ? {} : { record: openLimit ?? dirty }),
    ...(share === undefined ? {} : { percentage: share }),
  };
  const tolerance = dirty < 0 && share === undefined ? {} : { errorLimit };
  const isJob = dialect === 'datax' || dialect === 'addax';
  if (!isJob)
    return {
      setting: {
        ...tolerance,
        speed: {
          ...scriptSpeed(channels, bytes, rows, losses),
          ...(open === undefined ? {} : { concurrent: open }),
        },
      },
    };
  const limits = {
    ...perChannel('byte', bytes, channels, losses),
    ...perChannel('record', rows, channels, losses),
  };
  const setting = { speed: { channel: open ?? channels }, ...tolerance };
  return Object.keys(limits).length === 0
    ? { setting }
    : { setting, core: { transport: { channel: { speed: limits } } } };
}

function variable(rest: Rest, pointer: string): string | undefined {
  const value = rest.get(pointer);
  return typeof value === 'string' ? value : undefined;
}

function scriptSpeed(
  channels: number,
  bytes: number | undefined,
  rows: number | undefined,
  losses: Losses,
): { readonly [key: string]: Json } {
  const throttle: { [key: string]: Json } = { throttle: bytes !== undefined };
  if (bytes !== undefined) {
    throttle['mbps'] = Math.ceil(bytes / MEBIBYTE);
    if (bytes % MEBIBYTE !== 0) {
      // Our own import reads the exact number; whoever does not know it has the megabytes.
      throttle['byte'] = bytes;
      losses.add(
        '/control/bytesPerSecond',
        `Limits are whole megabytes there: it is rounded up to ${Math.ceil(bytes / MEBIBYTE)}.`,
      );
    }
  }
  if (rows !== undefined) losses.add('/control/rowsPerSecond', 'Rows cannot be limited there.');
  return { ...throttle, concurrent: channels, ...(rows === undefined ? {} : { record: rows }) };
}

/** A limit of the run as one of each channel. */
function perChannel(
  key: 'byte' | 'record',
  rate: number | undefined,
  channels: number,
  losses: Losses,
): { readonly [key: string]: Json } {
  if (rate === undefined) return {};
  const one = Math.max(1, Math.floor(rate / channels));
  if (one * channels !== rate)
    losses.add(
      `/control/${key === 'byte' ? 'bytes' : 'rows'}PerSecond`,
      `Each of ${channels} channels has a whole limit there: together ${one * channels}.`,
    );
  return { [key]: one };
}

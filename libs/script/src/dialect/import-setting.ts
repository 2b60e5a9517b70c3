import { type Member, type Node, toJson } from '../syntax/node.ts';
import { FLAG, SHARE, whole } from './conversions.ts';
import type { Dialect } from './dialects.ts';
import type { Draft } from './draft.ts';
import { type Envelope, objectOf } from './envelope.ts';
import type { Keys, Reading } from './reading.ts';

const MEBIBYTE = 2 ** 20;
const MOST_CHANNELS = 1024;
const RATE = whole(-1);

/** Speed and tolerance of a script become `control`. */
export function importSetting(
  draft: Draft,
  { setting, core }: Envelope,
  dialect: Exclude<Dialect, 'sluice'>,
): void {
  const { reading } = draft;
  importTolerance(draft, setting);
  const speed = section(reading, setting, 'speed');
  const perChannel = core === undefined ? {} : channelLimits(draft, core);
  if (dialect === 'datax' || dialect === 'addax') jobSpeed(draft, speed, perChannel);
  else scriptSpeed(draft, speed);
  if (setting === undefined) return;
  for (const [key, why] of [
    ['executeMode', 'Sluice spreads every run over its workers.'],
    ['dryRun', 'A dry run is asked for when the task is started.'],
    ['keyVersion', 'Secrets are kept in data sources.'],
  ] as const) {
    const member = setting.take(key);
    if (member !== undefined) reading.ignored(member, `/setting/${key}`, why);
  }
}

function section(reading: Reading, keys: Keys | undefined, name: string): Keys | undefined {
  const member = keys?.take(name);
  if (member === undefined) return undefined;
  reading.mapped(member, '/control');
  const object = objectOf(reading, member);
  return object === undefined ? undefined : reading.open(object, `${keys!.keepAs}/${name}`);
}

function at(reading: Reading, keys: Keys | undefined): Node {
  return keys?.node ?? reading.root;
}

/** More dirty records than `record` stop the job; none given means any number. `record` wins over `percentage`. */
function importTolerance(draft: Draft, setting: Keys | undefined): void {
  const { reading } = draft;
  const keys = section(reading, setting, 'errorLimit');
  const record = keys?.take('record');
  const percentage = keys?.take('percentage');
  const [recordAt, percentageAt] = ['/setting/errorLimit/record', '/setting/errorLimit/percentage'];
  const most = record === undefined ? undefined : reading.value(record, whole(0));
  const share = percentage === undefined ? undefined : reading.value(percentage, SHARE);
  if (percentage !== undefined) {
    if (typeof share !== 'number') draft.saysNothing(percentage, percentageAt);
    else if (typeof most === 'number')
      reading.ignored(percentage, percentageAt, 'record is given too, and wins.');
    else draft.place(percentage, '/control/dirtyRatio', share, { keepAs: percentageAt, changesRows: true });
  }
  if (record !== undefined && typeof most === 'number')
    return draft.place(record, '/control/dirtyLimit', most, { keepAs: recordAt, changesRows: true });
  const isWrong = record !== undefined && reading.isSettled(record);
  if (record !== undefined) draft.saysNothing(record, recordAt, '/control/dirtyLimit');
  if (isWrong) return;
  const parent = at(reading, keys ?? setting);
  draft.fill(
    parent,
    'errorLimit',
    '/control/dirtyLimit',
    -1,
    'No limit means any number of dirty records there.',
  );
  if (typeof share !== 'number')
    reading.problem(parent, {
      code: 'SCRIPT_DIRTY_LIMIT',
      cause: 'The script has no errorLimit.record: any number of dirty records is accepted.',
    });
}

/** `concurrent` is an upper bound, `mbps` counts only with `throttle`, for the whole run; `dmu` is a unit of billing. */
function scriptSpeed(draft: Draft, speed: Keys | undefined): void {
  const { reading } = draft;
  const channel = speed?.take('channel');
  channels(draft, speed, speed?.take('concurrent') ?? channel, 'concurrent');
  if (speed === undefined) return;
  if (channel !== undefined && !reading.isSettled(channel))
    reading.ignored(channel, '/setting/speed/channel', 'concurrent says it.');
  const [throttle, mbps, byte, record] = [
    speed.take('throttle'),
    speed.take('mbps'),
    speed.take('byte'),
    speed.take('record'),
  ];
  const isOn = throttle === undefined ? undefined : reading.value(throttle, FLAG);
  if (throttle !== undefined)
    reading.mapped(
      throttle,
      '/control/bytesPerSecond',
      undefined,
      isOn === true ? 'The limit holds.' : 'There is no limit.',
    );
  const rate = mbps === undefined || isOn !== true ? undefined : reading.value(mbps, whole(1));
  if (mbps !== undefined && isOn !== true)
    reading.ignored(mbps, '/setting/speed/mbps', 'throttle is off, so it is void.');
  else if (mbps !== undefined && typeof rate === 'number') {
    const exact = byte === undefined ? undefined : RATE.read(toJson(byte.value));
    // An export keeps the exact number of bytes beside the megabytes that the dialect has.
    const isExact = typeof exact === 'number' && Math.ceil(exact / MEBIBYTE) === rate;
    if (isExact) reading.mapped(byte!, '/control/bytesPerSecond', exact);
    draft.set('/control/bytesPerSecond', isExact ? exact : rate * MEBIBYTE);
    reading.mapped(mbps, '/control/bytesPerSecond', isExact ? exact : rate * MEBIBYTE);
  } else if (isOn === true && mbps === undefined)
    reading.problem(throttle!.value, {
      code: 'SCRIPT_SPEED',
      cause: 'throttle is on and mbps is missing: there is no limit.',
      remedy: 'Give mbps, or set throttle to false.',
    });
  if (byte !== undefined && !reading.isSettled(byte))
    limit(draft, byte, '/control/bytesPerSecond', '/setting/speed/byte');
  if (record !== undefined) limit(draft, record, '/control/rowsPerSecond', '/setting/speed/record');
  const dmu = speed.take('dmu');
  if (dmu !== undefined) reading.ignored(dmu, '/setting/speed/dmu', 'It is a unit of billing.');
}

type Limits = { byte?: { member: Member; rate: number }; record?: { member: Member; rate: number } };

/** `core.transport.channel.speed`: what one channel may do. */
function channelLimits(draft: Draft, core: Keys): Limits {
  const { reading } = draft;
  const channel = section(reading, section(reading, core, 'transport'), 'channel');
  const speed = section(reading, channel, 'speed');
  const limits: Limits = {};
  for (const key of ['byte', 'record'] as const) {
    const member = speed?.take(key);
    const rate = member === undefined ? undefined : reading.value(member, RATE);
    if (member === undefined) continue;
    if (typeof rate === 'number' && rate > 0) limits[key] = { member, rate };
    else reading.ignored(member, `/core/transport/channel/speed/${key}`, 'It sets no limit.');
  }
  // The rest of core sets up the process of DataX.
  for (const keys of [core, section(reading, core, 'container'), channel])
    for (const member of keys?.rest ?? []) {
      const taken = keys!.take(member.key);
      if (taken !== undefined)
        reading.ignored(taken, `${keys!.keepAs}/${member.key}`, 'It sets up the process of DataX.');
    }
  return limits;
}

/**
 * `byte` and `record` of a job limit nothing by themselves: divided by what one channel may do they give the number of channels, the
 * smaller one of the two; `channel` counts only when neither is given. What one channel may do then limits the run.
 */
function jobSpeed(draft: Draft, speed: Keys | undefined, perChannel: Limits): void {
  const { reading } = draft;
  const wanted: number[] = [];
  const leading: Member[] = [];
  for (const key of ['byte', 'record'] as const) {
    const member = speed?.take(key);
    const rate = member === undefined ? undefined : reading.value(member, RATE);
    if (member === undefined) continue;
    const becomes = key === 'byte' ? '/control/bytesPerSecond' : '/control/rowsPerSecond';
    const one = perChannel[key];
    if (typeof rate !== 'number' || rate <= 0)
      reading.ignored(member, `/setting/speed/${key}`, 'It sets no limit.');
    else if (one === undefined) {
      limit(draft, member, becomes, `/setting/speed/${key}`);
      reading.problem(member.value, {
        code: 'SCRIPT_SPEED',
        cause: `DataX refuses speed.${key} without core.transport.channel.speed.${key}; it is taken as the limit of the whole run.`,
        remedy: `Give core.transport.channel.speed.${key} too, or keep the limit.`,
      });
    } else {
      wanted.push(Math.max(1, Math.floor(rate / one.rate)));
      leading.push(member);
    }
  }
  const channel = speed?.take('channel');
  let count = 1;
  if (wanted.length > 0) {
    count = Math.min(...wanted, MOST_CHANNELS);
    draft.set('/control/channels', count);
    for (const member of leading)
      reading.mapped(member, '/control/channels', count, 'Divided by what one channel may do.');
    if (channel !== undefined)
      reading.ignored(channel, undefined, 'byte or record decide how many channels there are.');
  } else count = channels(draft, speed, channel, 'channel');
  for (const [key, becomes] of [
    ['byte', '/control/bytesPerSecond'],
    ['record', '/control/rowsPerSecond'],
  ] as const) {
    const one = perChannel[key];
    if (one === undefined) continue;
    draft.set(becomes, one.rate * count);
    reading.mapped(one.member, becomes, one.rate * count, 'What one channel may do, times the channels.');
  }
}

function channels(draft: Draft, speed: Keys | undefined, member: Member | undefined, key: string): number {
  const { reading } = draft;
  const count = member === undefined ? undefined : reading.value(member, whole(1, MOST_CHANNELS));
  if (member !== undefined && typeof count === 'number') {
    draft.place(member, '/control/channels', count, {
      keepAs: '/setting/speed/concurrent',
      changesRows: false,
    });
    return count;
  }
  if (member === undefined)
    draft.fill(at(reading, speed), key, '/control/channels', 1, 'Templates have one channel.');
  else draft.saysNothing(member, '/setting/speed/concurrent', '/control/channels');
  return 1;
}

/** A limit of the whole run. */
function limit(draft: Draft, member: Member, becomes: string, keepAs: string): void {
  const rate = draft.reading.value(member, RATE);
  if (typeof rate === 'number' && rate > 0)
    draft.place(member, becomes, rate, { keepAs, changesRows: false });
  else if (!draft.reading.isSettled(member)) draft.reading.ignored(member, keepAs, 'It sets no limit.');
}

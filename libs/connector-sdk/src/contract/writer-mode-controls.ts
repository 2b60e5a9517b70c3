import type { WriteMode, WritePlan } from '@sluice/model';
import type { Control } from './check.ts';
import { sessions, type Change } from './writer-faults.ts';
import type { WriterFixture } from './writer-fixture.ts';

/** A control of the checks of one mode. */
export interface ModeControl extends Control<WriterFixture> {
  readonly mode: WriteMode;
}

/** Bulk statements of another plan. */
export const writingAs = (change: (plan: WritePlan) => Partial<WritePlan>): Change =>
  sessions('channel', (session) => {
    const { bulk } = session;
    session.bulk = (plan, strict) => bulk.call(session, { ...plan, ...change(plan) }, strict);
  });

const upserting = (mode: WriteMode, ...breaks: string[]): ModeControl => ({
  mode,
  fault: `upserts where it is to ${mode}`,
  breaks,
  change: writingAs(() => ({ mode: 'upsert' })),
});

const counting = (mode: WriteMode): ModeControl => ({
  mode,
  fault: `counts what it leaves alone as written (${mode})`,
  breaks: [mode],
  change: sessions('channel', (session) => {
    const { bulk } = session;
    session.bulk = (...given) => {
      const statement = bulk.apply(session, given);
      return {
        write: (...rows) => statement.write(...rows),
        end: () => statement.end(),
        abort: () => statement.abort(),
      };
    };
  }),
});

/** Faults of write modes. */
export const MODE_CONTROLS: readonly ModeControl[] = [
  upserting('ignore', 'ignore'),
  upserting('update', 'update'),
  upserting('replace', 'replace-whole'),
  {
    mode: 'replace',
    fault: 'ignores where it is to replace',
    breaks: ['replace'],
    change: writingAs(() => ({ mode: 'ignore' })),
  },
  counting('ignore'),
  counting('update'),
  {
    mode: 'update',
    fault: 'goes by the primary key, whatever key is named',
    breaks: ['key'],
    change: writingAs(({ schema }) => ({ schema: { ...schema, key: ['id'] } })),
  },
  {
    mode: 'overwrite',
    fault: 'leaves empty texts as they are',
    breaks: ['empty'],
    change: (connector) => ({
      ...connector,
      openWriter: (config, { emptyAsNull: _, ...parameters }) => connector.openWriter!(config, parameters),
    }),
  },
  {
    mode: 'update',
    fault: 'looks at no key',
    breaks: ['key-refused'],
    change: sessions('prepare', ({ tables }) => {
      tables.prepare = async () => undefined;
    }),
  },
];

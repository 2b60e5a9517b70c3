import type { GenerationWork, TargetSession } from '../target.ts';
import { type Change, sessions } from './writer-faults.ts';
import type { WriterFixture } from './writer-fixture.ts';
import { type ModeControl, writingAs } from './writer-mode-controls.ts';

/** Sessions whose work is changed; without `purpose` those that prepare and those that end a generation. */
const works = (
  purpose: 'prepare' | 'finish' | 'cancel',
  change: (work: GenerationWork) => Partial<GenerationWork>,
): Change =>
  sessions(purpose, (session) => {
    const { work } = session as { work: GenerationWork };
    const whole: GenerationWork = {
      step: (body) => work.step(body),
      statements: (...given) => work.statements(...given),
      swap: (plan) => work.swap(plan),
      discard: (plan) => work.discard(plan),
    };
    (session as { work: TargetSession['work'] }).work = { ...whole, ...change(work) };
  });

const mode = 'overwrite';

/** Every step is the first one. */
const uncounted = (fixture: WriterFixture): WriterFixture => ({
  ...fixture,
  connections: (target) => {
    const connections = fixture.connections(target);
    return {
      open: async (application) => {
        const session = await connections.open(application);
        const { progress } = session;
        const { lockTask } = progress;
        progress.lockTask = async (task) => ({ ...(await lockTask.call(progress, task)), steps: 0 });
        // As where every statement commits by itself.
        const body = session.exclusively;
        session.exclusively = async (task, run) => {
          let failure: unknown;
          await body.call(session, task, () =>
            run().catch((error: unknown) => {
              failure = error;
            }),
          );
          if (failure !== undefined) throw failure;
        };
        return session;
      },
      terminate: (application) => connections.terminate(application),
    };
  },
});

/** Faults of what a generation does once. */
export const STEP_CONTROLS: readonly ModeControl[] = [
  {
    mode,
    fault: 'runs no statements of a task',
    breaks: ['statements', 'statements-refused'],
    change: works('prepare', () => ({ statements: () => [] })),
  },
  {
    mode,
    fault: 'runs the statements of a task whenever it prepares',
    breaks: ['statements'],
    change: sessions('prepare', ({ progress }) => {
      const { lockTask } = progress;
      let calls = 0;
      progress.lockTask = async (task) => {
        const row = await lockTask.call(progress, task);
        return calls++ === 0 ? { ...row, generation: '', phase: 'new' } : row;
      };
    }),
  },
  {
    mode,
    fault: 'does not count the statements that it has run',
    breaks: ['statements-died'],
    needs: 'steps',
    changeFixture: uncounted,
  },
  {
    mode,
    fault: 'does not count the steps of a swap',
    breaks: ['overwrite-died'],
    changeFixture: uncounted,
  },
  {
    mode,
    fault: 'ends what was cancelled',
    breaks: ['statements-cancelled', 'overwrite-cancelled'],
    change: sessions('finish', ({ progress }) => {
      const { lockTask } = progress;
      progress.lockTask = async (task) => ({ ...(await lockTask.call(progress, task)), phase: 'finishing' });
    }),
  },
  {
    mode,
    fault: 'writes into the table that it is to overwrite',
    breaks: ['overwrite', 'overwrite-cancelled'],
    change: writingAs(() => ({ mode: 'insert' })),
  },
  {
    mode,
    fault: 'never swaps',
    breaks: ['overwrite'],
    change: works('finish', () => ({ swap: async () => undefined })),
  },
  {
    mode,
    fault: 'leaves its staging table behind',
    breaks: ['overwrite-cancelled'],
    change: works('cancel', () => ({ discard: async () => undefined })),
  },
];

import { SluiceError, toldError } from '@sluice/model';
import type { Answer, Directive } from '@sluice/ports';
import { doErrand } from './errand.ts';
import type { Reporter } from './reporter.ts';
import type { WorkerContext } from './stage.ts';
import type { WriteStage } from './write-stage.ts';

/** Answers that are kept so that a directive which comes again is not done again. */
const KEPT = 200;
/** One that still comes so long (milliseconds) after its answer was handed over is done again: the answer was forgotten. */
const FORGOTTEN = 2000;

/** Does what the coordinator asks for once: seals, finish, cancel and errands. All of them may be repeated. */
export class DirectiveRunner {
  readonly #context: WorkerContext;
  readonly #reporter: Reporter;
  readonly #writing: (run: string) => WriteStage | undefined;
  readonly #running = new Map<string, Promise<void>>();
  /** When the answer was handed over; undefined: not yet. */
  readonly #answered = new Map<string, number | undefined>();

  constructor(context: WorkerContext, reporter: Reporter, writing: (run: string) => WriteStage | undefined) {
    this.#context = context;
    this.#reporter = reporter;
    this.#writing = writing;
  }

  take(directive: Directive): void {
    if (this.#running.has(directive.id) || this.#isAnswered(directive.id)) return;
    const done = this.#do(directive)
      .then((result) => this.#reporter.answer({ id: directive.id, result }))
      .catch((thrown: unknown) => {
        this.#reporter.answer({ id: directive.id, error: toldError(thrown) });
      })
      .finally(() => this.#running.delete(directive.id));
    this.#answered.set(directive.id, undefined);
    this.#running.set(directive.id, done);
  }

  /** The coordinator has these answers; a failed one may be asked for again under the same id. */
  handed(answers: readonly Answer[]): void {
    for (const answer of answers)
      if (answer.error !== undefined) this.#answered.delete(answer.id);
      else if (this.#answered.has(answer.id)) this.#answered.set(answer.id, this.#context.clock.now());
    if (this.#answered.size > KEPT)
      for (const id of [...this.#answered.keys()].slice(0, KEPT / 2)) this.#answered.delete(id);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #isAnswered(id: string): boolean {
    const handedAt = this.#answered.get(id);
    return handedAt === undefined ? this.#answered.has(id) : this.#context.clock.now() - handedAt < FORGOTTEN;
  }

  async #do(directive: Directive): Promise<unknown> {
    switch (directive.kind) {
      case 'seal': {
        const stage = this.#stage(directive.run);
        return (await stage.writer()).seal(stage.plan, directive.split, directive.epoch);
      }
      case 'finish':
        return this.#stage(directive.run).finish(directive.untold);
      case 'cancel': {
        const connector = await this.#context.connectors(directive.access.connector);
        const writer = await connector.openWriter!(directive.access.config, directive.access.parameters);
        try {
          return await writer.cancel(directive.plan);
        } finally {
          await writer.close();
        }
      }
      case 'errand':
        return doErrand(this.#context, directive);
    }
  }

  #stage(run: string): WriteStage {
    const stage = this.#writing(run);
    if (stage === undefined)
      throw new SluiceError('SLUICE_TGT_NOT_PREPARED', 'This worker does not write the run yet.');
    return stage;
  }
}

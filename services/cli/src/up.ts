import { startStandalone } from '@sluice/standalone';
import { demo } from './demo.ts';
import { home } from './home.ts';
import { reportText } from './report.ts';

const DEFAULT_PORT = 7070;

export interface UpOptions {
  readonly demo?: boolean;
  readonly port?: number;
}

/** `sluice up`: everything in one process until it is interrupted. */
export async function up(options: UpOptions): Promise<void> {
  const given =
    options.port ??
    (process.env['SLUICE_PORT'] === undefined ? undefined : Number(process.env['SLUICE_PORT']));
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const standalone = await startStandalone({
    home: home(),
    port: given ?? DEFAULT_PORT,
    isPortAsked: given !== undefined,
  });
  if (standalone.isOther) return say(`Sluice is running already: ${standalone.url}`);
  const stop = async (): Promise<void> => {
    await standalone.stop();
    process.exit(0);
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  if (standalone.note !== undefined) say(standalone.note);
  say(`Console ${standalone.url}/`);
  if (options.demo === true) {
    const { report, isNew } = await demo(standalone.engine, home());
    say(
      isNew
        ? "The demo task copied a shop's orders into the warehouse of this workspace:"
        : 'The demo task has run before; this is its kept run:',
    );
    process.stdout.write(reportText(report));
  }
  say(`API     ${standalone.url}/api/v1`);
  say('Stop with Ctrl-C; the state stays.');
}

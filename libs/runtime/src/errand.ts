import { describeSource, openSource } from '@sluice/connector-sdk';
import type { Directive } from '@sluice/ports';
import { dryRun } from './dry-run.ts';
import { preview } from './preview.ts';
import { replay } from './replay.ts';
import type { WorkerContext } from './stage.ts';

/** Longest time for the rows of a dry run or a preview, in milliseconds; whoever asked has waited about as long. */
const ROWS_MS = 60_000;
const CHECK_MS = 10_000;

/** Does one errand; its answer goes back to whoever asked. */
export async function doErrand(
  context: WorkerContext,
  { request, access, secrets }: Extract<Directive, { kind: 'errand' }>,
): Promise<unknown> {
  const connector = await context.connectors(access.connector);
  switch (request.kind) {
    case 'check':
      return connector.check(access.config, AbortSignal.timeout(CHECK_MS));
    case 'namespaces':
      return (await connector.namespaces?.(access.config)) ?? [];
    case 'tables': {
      const { kind: _, dataSource: __, ...query } = request;
      return connector.tables(access.config, query);
    }
    case 'describe':
      return (
        (await (request.side === 'source'
          ? describeSource(connector, access)
          : connector.describe(access.config, request.parameters, 'target'))) ?? null
      );
    case 'create-table':
      return (await connector.createTable?.(access.config, request.parameters, request.schema)) ?? null;
    case 'plan': {
      const reader = await openSource(connector, access);
      try {
        const { channels, columns } = request;
        return await reader.plan(columns === undefined ? { channels } : { channels, columns });
      } finally {
        await reader.close();
      }
    }
    case 'dry-run':
      return dryRun(connector, request, access, secrets, AbortSignal.timeout(ROWS_MS));
    case 'replay':
      return replay(connector, request, access, secrets);
    case 'preview':
      return preview(connector, request, access, AbortSignal.timeout(ROWS_MS));
  }
}

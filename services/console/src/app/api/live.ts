import type { RunState } from '@sluice/model';
import type { Counts } from './answers.ts';

/** Figures of a run while it runs; the last one stays when it rests. */
export interface RunProgress {
  readonly run: string;
  readonly task: string;
  readonly state: RunState;
  readonly counts: Counts;
  readonly splits: { readonly done: number; readonly total: number };
  readonly total?: { readonly rows: number; readonly kind: 'exact' | 'estimate' };
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds?: number;
  readonly retries?: number;
  readonly time: number;
}

export interface RunStateChange {
  readonly run: string;
  readonly task: string;
  readonly state: RunState;
  readonly cause: string;
  readonly actor: string;
  readonly time: number;
}

export type LiveEvent =
  | { readonly kind: 'progress'; readonly data: RunProgress }
  | { readonly kind: 'state'; readonly data: RunStateChange }
  /** Something was missed: what is shown has to be read anew. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'link'; readonly isOpen: boolean };

/**
 * What happens in a workspace, for every tab of this browser over one stream: a browser opens few connections to a server. The tab that
 * holds the lock has the stream and tells the others; when it is closed, another one takes over. Answers what ends it.
 */
export function listen(workspace: string, listener: (event: LiveEvent) => void): () => void {
  const name = `sluice-live-${workspace}`;
  const channel = new BroadcastChannel(name);
  const ended = new AbortController();
  const tell = (event: LiveEvent): void => {
    if (ended.signal.aborted) return;
    channel.postMessage(event);
    listener(event);
  };
  channel.addEventListener('message', ({ data }) => listener(data as LiveEvent));
  const lead = (): Promise<void> => stream(workspace, tell, ended.signal);
  // Without a secure context there are no locks: each tab has a stream of its own then.
  if (navigator.locks === undefined) void lead();
  else {
    // A tab that follows hears nothing of the link until something happens: it is open as far as it knows.
    listener({ kind: 'link', isOpen: true });
    navigator.locks.request(name, { signal: ended.signal }, lead).catch(() => undefined);
  }
  return () => {
    ended.abort();
    channel.close();
  };
}

function stream(workspace: string, tell: (event: LiveEvent) => void, signal: AbortSignal): Promise<void> {
  const source = new EventSource(`/api/v1/events?workspace=${encodeURIComponent(workspace)}`);
  const on = (type: string, make: (data: unknown) => LiveEvent): void =>
    source.addEventListener(type, (event) => tell(make(JSON.parse((event as MessageEvent<string>).data))));
  let wasLost = false;
  source.addEventListener('open', () => {
    tell({ kind: 'link', isOpen: true });
    // States that were missed come again by their ids; what was never sent does not.
    if (wasLost) tell({ kind: 'reset' });
    wasLost = false;
  });
  source.addEventListener('error', () => {
    wasLost = true;
    tell({ kind: 'link', isOpen: false });
  });
  on('run.progress', (data) => ({ kind: 'progress', data: data as RunProgress }));
  on('run.state', (data) => ({ kind: 'state', data: data as RunStateChange }));
  on('reset', () => ({ kind: 'reset' }));
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => {
      source.close();
      resolve();
    }),
  );
}

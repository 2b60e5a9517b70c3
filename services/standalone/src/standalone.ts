export interface Standalone {
  readonly url: string;
  stop(): Promise<void>;
}
export async function startStandalone(): Promise<Standalone> {
  throw new Error('being written');
}

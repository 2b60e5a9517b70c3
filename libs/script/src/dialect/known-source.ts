/** What is known of a data source: never its secrets. */
export interface KnownSource {
  readonly connector: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export type SourceOf = (dataSource: string) => KnownSource | undefined;

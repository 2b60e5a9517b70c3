import { Redactor, type SecretBox, type SecretPlace } from '@sluice/auth';
import { loadConnector } from '@sluice/connectors';
import { type ConnectorSpec, SluiceError, uuidv7 } from '@sluice/model';
import type { DataSourceRow, SecretRow, Store, Versioned } from '@sluice/ports';
import { validateParameters } from './parameters.ts';
import type { DataSourceAccess } from './control.ts';

/** A shorter key of a hash could be found by trying. */
const LEAST_SECRET = 16;

/** What a client may send back for a secret that it was not shown: it stays as it is (S-25). */
export const MASK = '********';

/** A secret of a workspace belongs to no data source: ids of those are UUIDs. */
const secretPlace = (workspace: string, name: string): SecretPlace => ({
  workspace,
  dataSource: 'workspace',
  field: name,
});

type Config = Readonly<Record<string, unknown>>;

/** Data sources with their secrets apart: sealed in the store, opened only for a worker that needs them (S-21, S-23). */
export class SecretSources implements DataSourceAccess {
  readonly #store: Store;
  readonly #box: SecretBox;
  /** Knows every secret that passed through here, for logs and error texts. */
  readonly redactor = new Redactor();

  constructor(store: Store, box: SecretBox) {
    this.#store = store;
    this.#box = box;
  }

  /** `keep` stores the row. Throws SLUICE_CFG_INVALID with the fields, SLUICE_CFG_CONFLICT when the name is taken. */
  async create(
    workspace: string,
    name: string,
    connector: string,
    config: Config,
    keep: (row: DataSourceRow) => Promise<Versioned<DataSourceRow>> = (row) =>
      this.#store.dataSources.insert(row),
    resourceGroup?: string,
  ): Promise<Versioned<DataSourceRow>> {
    const { spec } = await loadConnector(connector);
    validateParameters(spec.dataSource, config, '/config');
    const id = uuidv7();
    const now = Date.now();
    refuseMask(masked(spec, config), 'There is no secret that it could stand for.');
    const { open, sealed } = await this.#split(workspace, id, connector, config);
    const row = {
      id,
      workspace,
      name,
      connector,
      config: open,
      secrets: sealed,
      ...(resourceGroup === undefined ? {} : { resourceGroup }),
      createdAt: now,
      updatedAt: now,
    };
    return keep(row);
  }

  /** The row with other settings, to be stored. A change of what identifies the server clears secrets that are not given anew (S-24). */
  async changed(
    { resourceGroup: _, ...row }: Versioned<DataSourceRow>,
    config: Config,
    resourceGroup?: string,
  ): Promise<DataSourceRow> {
    const { spec } = await loadConnector(row.connector);
    validateParameters(spec.dataSource, config, '/config');
    const kept = masked(spec, config);
    const given = Object.fromEntries(Object.entries(config).filter(([name]) => !kept.includes(name)));
    const { open, sealed } = await this.#split(row.workspace, row.id, row.connector, given);
    const moved = Object.entries(spec.dataSource.properties).some(
      ([name, property]) => property.identity === true && open[name] !== row.config[name],
    );
    if (moved) refuseMask(kept, 'The server or the user is another: give the secret anew.');
    refuseMask(
      kept.filter((name) => row.secrets[name] === undefined),
      'There is no secret that it could stand for.',
    );
    const secrets = moved ? sealed : { ...row.secrets, ...sealed };
    return {
      ...row,
      config: open,
      secrets,
      ...(resourceGroup === undefined ? {} : { resourceGroup }),
      updatedAt: Date.now(),
    };
  }

  redact(text: string): string {
    return this.redactor.redact(text);
  }

  async open(dataSource: string): Promise<{ connector: string; config: Config }> {
    const row = await this.#store.dataSources.get(dataSource);
    if (row === undefined) throw new SluiceError('SLUICE_CFG_NOT_FOUND', `No data source ${dataSource}.`);
    const config: Record<string, unknown> = { ...row.config };
    for (const [field, blob] of Object.entries(row.secrets)) {
      const plain = this.#box.open(blob, { workspace: row.workspace, dataSource: row.id, field });
      this.redactor.add(plain);
      config[field] = plain;
    }
    return { connector: row.connector, config };
  }

  /** Keeps a secret of a workspace; an older value of the name is forgotten. Throws SLUICE_CFG_INVALID for a short one. */
  async keepSecret(
    { secrets }: Pick<Store, 'secrets'>,
    workspace: string,
    name: string,
    value: string,
  ): Promise<Versioned<SecretRow>> {
    if (value.length < LEAST_SECRET)
      throw new SluiceError('SLUICE_CFG_INVALID', {
        detail: `A secret has at least ${LEAST_SECRET} characters.`,
        place: '/value',
        hint: 'Make one at random: openssl rand -hex 32',
      });
    this.redactor.add(value);
    const secret = this.#box.seal(value, secretPlace(workspace, name));
    const now = Date.now();
    for (;;) {
      const [known] = (await secrets.list({ workspace, name, limit: 1 })).items;
      if (known === undefined)
        return secrets.insert({
          id: uuidv7(),
          workspace,
          name,
          secret,
          createdAt: now,
          updatedAt: now,
        });
      const updated = await secrets.update({ ...known, secret, updatedAt: now }, known.version);
      if (updated !== undefined) return updated;
    }
  }

  async openSecrets(workspace: string, names: readonly string[]): Promise<Record<string, string>> {
    const opened: Record<string, string> = {};
    for (const name of names) {
      const [row] = (await this.#store.secrets.list({ workspace, name, limit: 1 })).items;
      if (row === undefined) continue;
      opened[name] = this.#box.open(row.secret, secretPlace(workspace, name));
      this.redactor.add(opened[name]!);
    }
    return opened;
  }

  async #split(
    workspace: string,
    id: string,
    connector: string,
    config: Config,
  ): Promise<{ open: Record<string, unknown>; sealed: Record<string, string> }> {
    const { spec } = await loadConnector(connector);
    const open: Record<string, unknown> = {};
    const sealed: Record<string, string> = {};
    for (const [name, value] of Object.entries(config)) {
      if (spec.dataSource.properties[name]?.secret !== true) open[name] = value;
      else {
        this.redactor.add(String(value));
        sealed[name] = this.#box.seal(String(value), { workspace, dataSource: id, field: name });
      }
    }
    return { open, sealed };
  }
}

/** Secret fields that hold the mask instead of a secret. */
function masked({ dataSource }: ConnectorSpec, config: Config): string[] {
  return Object.keys(config).filter(
    (name) => config[name] === MASK && dataSource.properties[name]?.secret === true,
  );
}

function refuseMask(fields: readonly string[], detail: string): void {
  if (fields.length === 0) return;
  throw new SluiceError('SLUICE_CFG_INVALID', {
    detail,
    fields: fields.map((name) => ({ pointer: `/config/${name}`, detail })),
  });
}

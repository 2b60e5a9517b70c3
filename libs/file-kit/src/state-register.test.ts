import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testRoot } from './file.fixture.ts';
import { FolderRegister } from './folder-register.ts';
import { StateRegister } from './state-register.ts';

type Counted = { readonly sum: number; readonly by: readonly number[] };

const registers = (folder: string, count: number): StateRegister<Counted>[] =>
  Array.from(
    { length: count },
    () => new StateRegister<Counted>(new FolderRegister(folder), { sum: 0, by: [] }),
  );

describe('a state that is changed by compare-and-set', () => {
  it('loses no change and takes none twice, however many change it at once', async () => {
    const folder = join(testRoot(true), 'state');
    const each = 12;
    await Promise.all(
      registers(folder, 6).map(async (register, me) => {
        for (let done = 0; done < each;) {
          const { version, state } = await register.read();
          if (await register.swap(version, { sum: state.sum + 1, by: [...state.by, me] })) done++;
        }
      }),
    );
    const { state, version } = await registers(folder, 1)[0]!.read();
    expect(state.sum).toBe(6 * each);
    expect(version).toBe(6 * each);
    for (let me = 0; me < 6; me++) expect(state.by.filter((who) => who === me).length).toBe(each);
    expect(readdirSync(folder).length).toBeLessThan(12);
  });

  it('tells a sleeper that it was passed, also when the version it would have made was removed since', async () => {
    const folder = join(testRoot(true), 'state');
    const [awake, asleep] = registers(folder, 2) as [StateRegister<Counted>, StateRegister<Counted>];
    const seen = await asleep.read();
    for (let n = 0; n < 20; n++) await awake.swap((await awake.read()).version, { sum: n, by: [] });
    expect(await asleep.swap(seen.version, { sum: -1, by: [] })).toBe(false);
    // Had it looked before it fell asleep, it would find the name free that it is about to take: nobody looks at that any more.
    expect(readdirSync(folder)).not.toContain('state-000000000001.json');
    writeFileSync(join(folder, 'state-000000000001.json'), '{"swaps":["late"],"state":{"sum":-1,"by":[]}}');
    expect((await awake.read()).state.sum).toBe(19);
    expect(await awake.swap(20, { sum: 20, by: [] })).toBe(true);
    expect(readdirSync(folder)).not.toContain('state-000000000001.json');
  });

  it('passes over what a writer that died has left', async () => {
    const folder = join(testRoot(true), 'state');
    const [register] = registers(folder, 1) as [StateRegister<Counted>];
    await register.swap(0, { sum: 1, by: [] });
    writeFileSync(join(folder, 'made-by-a-dead-one'), '{"swaps":[');
    expect((await register.read()).state.sum).toBe(1);
    unlinkSync(join(folder, 'state-000000000001.json'));
    expect(await register.read()).toEqual({ version: 0, state: { sum: 0, by: [] } });
  });
});

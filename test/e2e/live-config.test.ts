// The file is edited beside a running station, as a technician does: bad edits change nothing and are told, good ones are taken over.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { until } from '../fakes/until.ts';

const random = seededRandom(23);

describe('the configuration of a running station', () => {
  let rig: DockRig;
  let good: string;

  beforeAll(async () => {
    rig = await DockRig.open();
    good = await readFile(rig.stationFile, 'utf8');
    await rig.put(1, 'A.MP4', random.bytes(300_000));
    await rig.start();
    await emptied('Camera 1');
  });
  afterAll(() => rig.close());

  /** As editors do: a new file takes the place of the old one. */
  async function edit(from: string, to: string): Promise<void> {
    expect(good).toContain(from);
    await writeFile(
      `${rig.stationFile}.new`,
      good.replace(from, () => to),
    );
    await rename(`${rig.stationFile}.new`, rig.stationFile);
  }

  const emptied = (alias: string): Promise<unknown> =>
    rig.untilBay(1, `done, as ${alias}`, 30_000, ({ state, camera }) => state === 'done' && camera === alias);

  const session = async (): Promise<string> => {
    const view = await rig.view();
    return until('a status', 20_000, () => view.status?.session);
  };

  const logged = (text: string): Promise<unknown> =>
    until(
      `"${text}" in the log`,
      20_000,
      () => rig.agent.log().includes(text),
      () => rig.tails(),
    );

  test('a bad edit is refused with its line, and one that names a key which is not there as well', async () => {
    const before = await session();
    await edit('release: after-receipt', 'release: at-once');
    await logged('configuration refused, the old one stays in force');
    expect(rig.agent.log()).toMatch(/station\.yaml:\d+:\d+: release: /);
    expect(rig.agent.log()).toContain('"condition":"configuration.refused"');
    await edit('keys/station.key', 'keys/nowhere.key');
    await logged('nowhere.key');
    await rig.put(1, 'B.MP4', random.bytes(300_000));
    await rig.untilReceipted(2, 30_000);
    expect(await session()).toBe(before);
  });

  test('a good edit is taken over by the same process, whose cameras and log go on', async () => {
    const before = await session();
    await emptied('Camera 1');
    await edit('alias: Camera 1', 'alias: Red camera');
    await emptied('Red camera');
    expect(await session()).not.toBe(before);
    expect(rig.agent.running).toBe(true);
    await rig.put(1, 'C.MP4', random.bytes(300_000));
    await rig.untilReceipted(3, 30_000);
    await emptied('Red camera');
    await rig.stop();
    expect(rig.check().problems).toEqual([]);
  });
});

// The file is edited beside a running station, as a technician does: bad edits change nothing and are reported, good ones are taken over.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseDockingRecord, type DockingRecord } from '../../protocol/documents/docking-record.ts';
import { DockRig, STATION } from '../fakes/dock-rig.ts';
import { BODYDOCK, runProgram } from '../fakes/program.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import type { BaySeen } from '../fakes/station-view.ts';
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
    await logged('configuration rejected, previous one stays in force');
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

test('a camera that is in its bay while a change is taken over has one stay, in one chain of records', async () => {
  const rig = await DockRig.open();
  try {
    const before = await readFile(rig.stationFile, 'utf8');
    await rig.put(1, 'A.MP4', random.bytes(300_000));
    await rig.start();
    const { docked_at: since } = await doneAs(rig, 'Camera 1');
    expect(since).not.toBeNull();
    await writeFile(`${rig.stationFile}.new`, before.replace('alias: Camera 1', 'alias: Red camera'));
    await rename(`${rig.stationFile}.new`, rig.stationFile);
    expect((await doneAs(rig, 'Red camera')).docked_at).toBe(since);
    await rig.takeOut();
    await rig.untilBay(1, 'empty', 30_000, ({ state }) => state === 'empty');
    await untilRecorded(rig, 2);
    await rig.putBack();
    expect((await doneAs(rig, 'Red camera')).docked_at).not.toBe(since);
    await rig.stop();

    const [first, second, third] = await recordChain(rig);
    const stay = { stay: first?.docking, stay_docked_at: since };
    expect(first).toMatchObject({ ...stay, ended: 'stopped', entries: [{ fate: 'stored', erased: true }] });
    expect(second).toMatchObject({ ...stay, ended: 'unplugged', inventory: { complete: true } });
    expect(third).toMatchObject({ stay: third?.docking, ended: 'stopped' });
    const verified = await runProgram(BODYDOCK, ['verify', rig.vault, '--keys', rig.keys]);
    expect(verified, verified.stdout).toMatchObject({ exitCode: 0 });
    expect(verified.stdout).not.toContain('docking.stay');
    expect(rig.check().problems).toEqual([]);
  } finally {
    await rig.close();
  }
});

function doneAs(rig: DockRig, alias: string): Promise<BaySeen> {
  return rig.untilBay(
    1,
    `done, as ${alias}`,
    30_000,
    ({ state, camera }) => state === 'done' && camera === alias,
  );
}

async function untilRecorded(rig: DockRig, count: number): Promise<void> {
  const recorded = async (): Promise<boolean> => (await rig.receiptedDockings()).length >= count;
  await until(`${count} docking records`, 30_000, recorded, () => rig.tails());
}

/** Records in the vault from the first on, each after the one that it names. Throws where they are no single chain. */
async function recordChain(rig: DockRig): Promise<DockingRecord[]> {
  await untilRecorded(rig, 3);
  const folders = await rig.receiptedDockings();
  const all = await Promise.all(
    folders.map((name) => readFile(join(rig.vault, STATION, name, 'docking.json'))),
  );
  const byPrevious = new Map(all.map((bytes) => [parseDockingRecord(bytes).previous_docking_sha256, bytes]));
  const chain: DockingRecord[] = [];
  for (let bytes = byPrevious.get(null); bytes !== undefined; bytes = byPrevious.get(sha256Hex(bytes)))
    chain.push(parseDockingRecord(bytes));
  if (chain.length !== all.length)
    throw new Error(`${chain.length} of ${all.length} records are in the chain`);
  return chain;
}

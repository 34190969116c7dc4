// The independent checker on docking records: a clean run has no problems, and each planted fault is reported by name. Most faults are
// signed with the station's true key: a signature does not make them true.
import { cp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { STATION } from '../fakes/dock-rig-config.ts';
import { DockRig } from '../fakes/dock-rig.ts';
import { dockingFolders, readDocking, signDocking, type Falsified } from '../fakes/false-docking.ts';
import { otherId } from '../fakes/other-id.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { until } from '../fakes/until.ts';

const random = seededRandom(11);

/** Of camera 1: its docking with three recordings, the empty one behind it, and a last one that only the spool knows. */
interface Known {
  readonly full: string;
  readonly empty: string;
  readonly last: string;
}

describe.skipIf(lacksTools('age', 'minisign'))('the independent checker on docking records', () => {
  let rig: DockRig;
  let kept: string;
  let known: Known;

  beforeAll(async () => {
    rig = await DockRig.open();
    for (const name of ['A.MP4', 'A.GPS', 'DCIM/B.MP4']) await rig.put(1, name, random.bytes(200_000));
    await rig.start();
    await rig.untilEmptied(1, 30_000);
    // Files are gone before the new listing that confirms it: taken out in between, the record rightly says "not erased".
    await rig.untilBay(1, 'the erasure confirmed', 20_000, (bay) => bay.state === 'done');
    await rig.takeOut();
    await untilRecorded(1);
    await dockEmpty();
    await rig.takeOut();
    await untilRecorded(2);
    await rig.receiver.stop();
    await dockEmpty();
    await rig.stop();
    known = await knownDockings();
    kept = `${rig.folder}/kept`;
    for (const name of ['vault', 'spool'])
      await cp(join(rig.folder, name), join(kept, name), { recursive: true });
  });
  afterAll(() => rig.close());

  beforeEach(() => expect(rig.check().problems).toEqual([]));
  afterEach(async () => {
    for (const name of ['vault', 'spool']) {
      await rm(join(rig.folder, name), { recursive: true, force: true });
      await cp(join(kept, name), join(rig.folder, name), { recursive: true });
    }
  });

  async function untilRecorded(count: number): Promise<void> {
    const there = async (): Promise<boolean> => (await rig.receiptedDockings()).length === count;
    await until(`${count} docking records in the vault`, 20_000, there, () => rig.tails());
  }

  async function dockEmpty(): Promise<void> {
    await rig.untilBay(1, 'no camera', 20_000, (bay) => bay.camera === null);
    await rig.putBack();
    await rig.untilBay(1, 'an empty camera', 20_000, (bay) => bay.camera !== null && bay.state === 'done');
  }

  async function knownDockings(): Promise<Known> {
    const folders = await dockingFolders(join(rig.spool, 'dockings'));
    const documents = await Promise.all(folders.map(readDocking));
    const ofEntries = (count: number, isInVault: boolean, vault: readonly string[]): string =>
      documents.find(
        ({ docking, entries }) => entries.length === count && vault.includes(docking) === isInVault,
      )?.docking ?? '';
    const vault = await rig.receiptedDockings();
    return {
      full: ofEntries(3, true, vault),
      empty: ofEntries(0, true, vault),
      last: ofEntries(0, false, vault),
    };
  }

  /** Wherever that record lies: vault and spool. */
  async function copies(record: string): Promise<string[]> {
    const places = [join(rig.vault, STATION), join(rig.spool, 'dockings')];
    const folders = (await Promise.all(places.map(dockingFolders))).flat();
    return folders.filter((folder) => basename(folder) === record);
  }

  /** Changes every copy of a record and signs it again. */
  async function falsify(record: string, change: (document: Falsified) => void): Promise<readonly string[]> {
    for (const folder of await copies(record)) {
      const document = await readDocking(folder);
      change(document);
      await signDocking(folder, document, join(rig.keys, 'station.key'));
    }
    return rig.check().problems;
  }

  const first = ({ entries: [entry] }: Falsified): Falsified['entries'][number] => {
    if (entry === undefined) throw new Error('no entry');
    return entry;
  };

  test('counts what it saw', () => {
    expect(rig.check()).toMatchObject({ recordings: 3, dockings: 3, dockingsOnlyInSpool: 1 });
  });

  test('reports a docking without a record, and a receipted record that left the vault', async () => {
    const [inVault = '', ...inSpool] = await copies(known.empty);
    await rm(inVault, { recursive: true });
    expect(rig.check().problems).toEqual([`custody: ${known.empty} was receipted and is not in the vault`]);
    for (const folder of inSpool) await rm(folder, { recursive: true });
    expect(rig.check().problems).toContainEqual(`docking ${known.empty}: was in the log and has no record`);
    for (const folder of await copies(known.last)) await rm(folder, { recursive: true });
    expect(rig.check().problems).toContainEqual(`docking ${known.last}: was in the log and has no record`);
  });

  test('reports an altered bit, a copy that differs, and a signature that is missing', async () => {
    const [folder = ''] = await copies(known.full);
    const text = await readFile(join(folder, 'docking.json'), 'utf8');
    await writeFile(join(folder, 'docking.json'), text.replace('"erased":true', '"erased":false'));
    const { problems } = rig.check();
    expect(problems).toContainEqual(expect.stringContaining('docking.json: signature does not hold'));
    expect(problems).toContainEqual(expect.stringMatching(/^docking record .* is not /));
    await unlink(join(folder, 'docking.json.minisig'));
    expect(rig.check().problems).toContainEqual(expect.stringContaining('docking.json.minisig'));
  });

  test('reports a receipt of another record, and one that is missing', async () => {
    const [full = ''] = await copies(known.full);
    const [empty = ''] = await copies(known.empty);
    for (const name of ['receipt.json', 'receipt.json.minisig'])
      await cp(join(full, name), join(empty, name));
    expect(rig.check().problems).toContainEqual(expect.stringContaining('receipt: recording is'));
    for (const name of ['receipt.json', 'receipt.json.minisig']) await unlink(join(empty, name));
    expect(rig.check().problems).toContainEqual(expect.stringContaining('in the vault without a receipt'));
  });

  test('reports a signed record that leaves out an entry, or tells of one that was not there', async () => {
    const left = await falsify(known.full, (document) => void document.entries.pop());
    expect(left).toContainEqual(expect.stringContaining('its entries are not those of its inventory'));
    expect(left).toContainEqual(expect.stringContaining('was seen and is in no entry'));
    expect(left).toContainEqual(expect.stringContaining('and its record does not say so'));
    const told = await falsify(known.empty, ({ entries }) => {
      const nothing = { size_bytes: 1, modified_at: null, later: true, recording: null, erased: false };
      entries.push({ ...nothing, path_sha256: '0'.repeat(64), fate: 'vanished', reason: null });
    });
    expect(told).toContainEqual(expect.stringContaining('lists more than 0 later entries'));
  });

  test('reports a signed record with a false inventory', async () => {
    const problems = await falsify(known.empty, (document) => {
      if (document.inventory !== null) document.inventory = { ...document.inventory, entries: 1 };
    });
    expect(problems).toContainEqual(expect.stringContaining('its entries are not those of its inventory'));
    expect(problems).toContainEqual(expect.stringContaining('its inventory is not the one of the log'));
  });

  test('reports a signed record with a false fate', async () => {
    const told = async (
      wanted: string,
      change: (entry: Falsified['entries'][number]) => void,
    ): Promise<void> => {
      const problems = await falsify(known.full, (document) => change(first(document)));
      expect(problems).toContainEqual(expect.stringContaining(wanted));
    };
    await told('is stored for reason empty', (entry) => (entry.reason = 'empty'));
    await told('its entry does not say so', (entry) => (entry.erased = false));
    await told('was erased, and its entry does not say so', (entry) => {
      Object.assign(entry, { fate: 'waiting', recording: null, reason: 'not-reached', erased: false });
    });
    await told('there is no such recording', (entry) => {
      Object.assign(entry, { fate: 'stored', recording: known.full, reason: null, erased: false });
    });
  });

  test('reports recordings that were exchanged between two entries, each of them true by itself', async () => {
    const problems = await falsify(known.full, ({ entries }) => {
      const [one, two] = entries;
      if (one !== undefined && two !== undefined)
        [one.recording, two.recording] = [two.recording, one.recording];
    });
    expect(problems.filter((problem) => problem.endsWith('which is of another file'))).toHaveLength(2);
  });

  test('reports an end, a bay and a camera that were not so', async () => {
    const cut = await falsify(known.empty, (document) => (document.ended = 'cut-off'));
    expect(cut).toContainEqual(expect.stringContaining('ended cut-off at'));
    const moved = await falsify(known.empty, (document) => (document.bay = 'bay-9'));
    expect(moved).toContainEqual(expect.stringContaining('the log does not say that it began so'));
    const other = await falsify(known.full, ({ camera }) => Object.assign(camera, { serial: 'X' }));
    expect(other.filter((problem) => problem.endsWith('names another camera'))).toHaveLength(3);
  });

  test('reports a chain that forks, breaks, or goes another way than the log', async () => {
    const before = (await readDocking((await copies(known.empty))[0] ?? '')).previous_docking_sha256;
    const forked = await falsify(known.last, (document) => (document.previous_docking_sha256 = before));
    expect(forked).toContainEqual(expect.stringContaining('dockings of cam-1: 2 records continue'));
    const broken = await falsify(known.last, (document) => {
      document.previous_docking_sha256 = '0'.repeat(64);
    });
    expect(broken).toContainEqual('dockings of cam-1: 1 records do not belong to the chain');
  });

  test('reports a part that is missing, and one that does not continue the part before', async () => {
    const [folder = ''] = await copies(known.full);
    const whole = await readDocking(folder);
    const [one, ...others] = whole.entries;
    const further = otherId(known.full);
    await falsify(known.full, (document) => {
      Object.assign(document, { parts: 2, entries: [one] });
    });
    expect(rig.check().problems).toContainEqual(`docking ${known.full}: has parts 1 of 2`);
    await cp(folder, join(rig.spool, 'dockings', further), { recursive: true });
    const problems = await falsify(further, (document) => {
      const previous_docking_sha256 = '0'.repeat(64);
      Object.assign(document, { record: further, part: 2, entries: others, previous_docking_sha256 });
    });
    expect(problems).toContainEqual(`docking ${known.full}: part 2 does not continue the one before`);
    expect(problems).not.toContainEqual(expect.stringContaining('has parts'));
    expect(problems).not.toContainEqual(expect.stringContaining('not those of its inventory'));
  });
});

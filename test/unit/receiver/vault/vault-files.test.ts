import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeRecordingId, parseReceiverId, parseStationId } from '../../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import type { Files } from '../../../../protocol/format/ports.ts';
import {
  NOTES_MAX,
  NOTES_PER_STATION_MAX,
  UNFINISHED_PER_STATION_MAX,
} from '../../../../agent/receiver/limits.ts';
import { Slabs } from '../../../../agent/receiver/transfer/slabs.ts';
import {
  openReceiverWorker,
  type ReceiverWorker,
} from '../../../../agent/receiver/transfer/receiver-worker.ts';
import { inlineUnitStore } from '../../../fakes/unit-store-inline.ts';
import { countVault } from '../../../../agent/receiver/vault/vault-count.ts';
import { FilesVault } from '../../../../agent/receiver/vault/vault-files.ts';
import { vaultContract, type VaultSubject } from '../../../contracts/vault-contract.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLog } from '../../../fakes/log-memory.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { makeDockingSample } from '../docking-sample.ts';
import { completeSample, fillUnits, openSample, type Access } from '../transfer/reassembly.ts';
import { makeSample, STATION } from '../sample.ts';
import { STORE_PROCESS } from '../../../fakes/running-process.ts';

let seed = 1;

type UnitAccess = Pick<Access, 'slabs' | 'units'>;

function subjectOn(
  files: Files,
  path: string,
  access: UnitAccess,
  close: () => Promise<void> = () => Promise.resolve(),
): VaultSubject {
  return {
    open: async (receiver) => {
      const vault = await FilesVault.open({
        path,
        files,
        clock: new ManualClock(),
        random: new SeededRandom(seed++),
        log: new MemoryLog(),
        receiver: parseReceiverId(receiver),
        process: STORE_PROCESS,
      });
      return { ...access, vault };
    },
    close,
  };
}

function inlineUnits(files: Files): UnitAccess {
  const slabs = new Slabs(2);
  return { slabs, units: inlineUnitStore(files, slabs) };
}

async function subjectOnMachine(access: UnitAccess): Promise<VaultSubject> {
  const folder = await mkdtemp(join(tmpdir(), 'vault-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  return subjectOn(nodeFiles(), join(folder, 'vault'), access, remove);
}

describe('a vault on a disk in memory', () => {
  const make = async (): Promise<VaultSubject> => {
    const disk = new CrashDisk();
    return subjectOn(disk, '/vault', inlineUnits(disk));
  };
  vaultContract({ test }, make);
});

describe('a vault on the disk of this machine', () => {
  vaultContract({ test }, () => subjectOnMachine(inlineUnits(nodeFiles())));
});

describe('a vault on the disk of this machine, with units written by a worker', () => {
  const slabs = new Slabs(2);
  let worker: ReceiverWorker | undefined;
  afterAll(() => worker?.close());
  vaultContract({ test }, async () => {
    worker ??= await openReceiverWorker(slabs);
    return subjectOnMachine({ slabs, units: worker.units });
  });
});

async function openOn(disk: CrashDisk, log = new MemoryLog()): Promise<FilesVault> {
  const options = {
    path: '/vault',
    files: disk,
    log,
    receiver: parseReceiverId('r-a'),
    process: STORE_PROCESS,
  };
  return FilesVault.open({ ...options, clock: new ManualClock(), random: new SeededRandom(seed++) });
}

test('a folder with other things in it is refused as a vault and stays as it is', async () => {
  const disk = new CrashDisk();
  disk.plant('/vault/photo.jpg', 'x');
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'vault.not-a-vault', retry: 'person' });
  expect([...disk.tree().keys()]).toEqual(['/vault/photo.jpg']);
});

test('a fresh file system with only lost+found becomes a vault', async () => {
  const disk = new CrashDisk();
  disk.plantFolder('/vault/lost+found');
  await openOn(disk);
  expect(disk.peek('/vault/vault.json')).toBeDefined();
});

test('the vault of a newer program is refused and stays as it is', async () => {
  const disk = new CrashDisk();
  disk.plant('/vault/vault.json', `{"type":"vault","vault":"${'a'.repeat(26)}","version":2}`);
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'document.version' });
  expect([...disk.tree().keys()]).toEqual(['/vault/vault.json']);
});

test('notes that come at one time count each, and one listing that failed does not end them', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  disk.fail({ operation: 'list', path: '/vault/.quarantine', nth: 1, code: 'EIO' });
  const note = (at: number): Promise<void> => {
    const station = at % 3 === 2 ? null : parseStationId(`dock-${Math.floor(at / 90)}`);
    return vault.note({ station, isSigned: false, facts: { reason: 'refused' } });
  };
  await expect(note(0)).rejects.toMatchObject({ code: 'EIO' });
  for (let batch = 0; batch * 50 < 3 * NOTES_MAX; batch++)
    await Promise.all(Array.from({ length: 50 }, (_, at) => note(batch * 50 + at)));
  const names = await disk.list('/vault/.quarantine');
  expect(names).toHaveLength(NOTES_MAX);
  expect(names.filter((name) => name.endsWith('claimed._.json'))).toHaveLength(NOTES_PER_STATION_MAX);
  const again = await openOn(disk);
  await again.note({ station: null, isSigned: false, facts: { reason: 'refused' } });
  expect(await disk.list('/vault/.quarantine')).toHaveLength(NOTES_MAX);
  await again.note({ station: parseStationId('dock-1'), isSigned: true, facts: { reason: 'conflict' } });
  expect(await disk.list('/vault/.quarantine')).toHaveLength(NOTES_MAX + 1);
});

test('a station with too many unfinished recordings may go on with each, and begin none', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const random = new SeededRandom(8);
  const key = makeSecretKey(random);
  const [known, other] = [makeSample(random, key, 10), makeSample(random, key, 10)];
  for (let count = 1; count < UNFINISHED_PER_STATION_MAX; count++)
    disk.plantFolder(`/vault/.incoming/${STATION}/${makeRecordingId(random)}`);
  expect(await vault.mayBegin(other)).toBe(true);
  await openSample({ vault, ...inlineUnits(disk) }, known);
  expect(await vault.mayBegin(known)).toBe(true);
  expect(await vault.mayBegin(other)).toBe(false);
});

test('odd things in unfinished work are set aside with a note, and the work goes on', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const access = { vault, ...inlineUnits(disk) };
  const random = new SeededRandom(9);
  const sample = makeSample(random, makeSecretKey(random), UNIT_BYTES + 5);
  const work = await openSample(access, sample);
  await fillUnits(access, work, sample, [0]);
  await work.release();
  const folder = `/vault/.incoming/${STATION}/${sample.recording}`;
  disk.plant(`${folder}/photo.jpg`, 'x');
  disk.plant(`${folder}/chunks.bin`, 'not a list');
  await completeSample(access, sample);
  const stored = await vault.find(sample);
  expect(stored).toMatchObject({ payloadBytes: sample.payload.length });
  const aside = [...disk.tree('/vault/.quarantine').keys()].join();
  for (const odd of ['photo.jpg', 'chunks.bin']) expect(aside).toContain(odd);
});

test('unfinished work of a receiver of 0.1.0, which lies in a folder named by its lease, is gone on with', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const access = { vault, ...inlineUnits(disk) };
  const random = new SeededRandom(13);
  const sample = makeSample(random, makeSecretKey(random), 2 * UNIT_BYTES);
  const begun = await openSample(access, sample);
  await fillUnits(access, begun, sample, [0]);
  await begun.release();
  const folder = `/vault/.incoming/${STATION}/${sample.recording}`;
  const leased = `${folder}/1795934655808.${'a'.repeat(26)}`;
  await disk.makeFolder(leased);
  for (const name of ['manifest.json', 'manifest.json.minisig', 'payload.age', 'chunks.bin'])
    await disk.rename(`${folder}/${name}`, `${leased}/${name}`);
  disk.plant(`${folder}/7.free/payload.age`, 'of an older attempt');
  // It needs room for what is missing alone, and is in the books.
  expect(await vault.unfinishedBytes(sample)).toBe(UNIT_BYTES);
  expect(await vault.count(new AbortController().signal)).toMatchObject({ unfinished: 1, bytes: UNIT_BYTES });
  const work = await openSample(access, sample);
  expect(work).toMatchObject({ digestsFound: true, payloadBytes: UNIT_BYTES });
  await fillUnits(access, work, sample, [1]);
  await work.complete();
  expect(await vault.find(sample)).toMatchObject({ payloadBytes: sample.payload.length });
  const stored = disk.peek(`/vault/${STATION}/${sample.recording}/payload.age`) ?? new Uint8Array(0);
  expect(Buffer.compare(stored, sample.payload)).toBe(0);
  expect((await disk.list(`/vault/${STATION}/${sample.recording}`)).toSorted()).toEqual([
    'chunks.bin',
    'manifest.json',
    'manifest.json.minisig',
    'payload.age',
  ]);
  expect([...disk.tree('/vault/.quarantine').keys()].join()).toContain('7.free');
});

test('what a run left aside goes at the next start', async () => {
  const disk = new CrashDisk();
  await openOn(disk);
  const docking = makeRecordingId(new SeededRandom(44));
  disk.plant(`/vault/.incoming/.new/${STATION}-${docking}.docking/docking.json`, '{}');
  await openOn(disk);
  expect(await disk.list('/vault/.incoming/.new')).toEqual([]);
});

describe('a sync of the names of a station that fails', () => {
  const random = new SeededRandom(12);
  const sample = makeDockingSample(random, makeSecretKey(random));
  const receipt = { bytes: new Uint8Array([123, 125]), signature: 'signed\n' };
  const EIO = { nth: 1, code: 'EIO' } as const;

  function openPlaced(disk: CrashDisk): Promise<FilesVault> {
    return openOn(disk).then(async (vault) => {
      await vault.placeDocking(sample, sample.offer, receipt);
      return vault;
    });
  }

  test('sets aside a docking record that was just placed: nobody was told of it', async () => {
    const disk = new CrashDisk();
    const vault = await openPlaced(disk);
    const other = makeDockingSample(random, makeSecretKey(random));
    disk.fail({ ...EIO, operation: 'syncFolder', nth: 2 }); // behind that of the prepared folder
    await expect(vault.placeDocking(other, other.offer, receipt)).rejects.toMatchObject({ code: 'EIO' });
    expect(await vault.findDocking(other)).toBeUndefined();
    expect([...disk.tree('/vault/.quarantine').keys()].join()).toContain(other.recording);
    expect(await vault.placeDocking(other, other.offer, receipt)).toBe(true);
  });

  test('takes nothing away that was in place: somebody may have its receipt', async () => {
    const disk = new CrashDisk();
    const vault = await openPlaced(disk);
    for (let nth = 1; nth <= 2; nth++) {
      disk.fail({ ...EIO, operation: 'syncFolder', nth });
      await expect(vault.secureDocking(sample)).rejects.toMatchObject({ code: 'EIO' });
      expect(await vault.findDocking(sample)).toMatchObject({ receipt });
    }
    await vault.secureDocking(sample);
    expect(await vault.findDocking(sample)).toMatchObject({ receipt });
  });
});

test('a docking record is secured whatever else somebody put beside it', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const random = new SeededRandom(13);
  const sample = makeDockingSample(random, makeSecretKey(random));
  await vault.placeDocking(sample, sample.offer, {
    bytes: new Uint8Array([123, 125]),
    signature: 'signed\n',
  });
  disk.plantFolder(`/vault/${STATION}/${sample.recording}/@eaDir`);
  await vault.secureDocking(sample);
});

test('a payload that is longer than the recording is set aside', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const access = { vault, ...inlineUnits(disk) };
  const random = new SeededRandom(10);
  const sample = makeSample(random, makeSecretKey(random), 100);
  await (await openSample(access, sample)).release();
  const folder = `/vault/.incoming/${STATION}/${sample.recording}`;
  disk.plant(`${folder}/payload.age`, new Uint8Array(101));
  await completeSample(access, sample);
  expect(await vault.find(sample)).toMatchObject({ payloadBytes: 100 });
});

test('a count finds payloads, unfinished work and logs, names what is odd and changes nothing', async () => {
  const disk = new CrashDisk();
  const vault = await openOn(disk);
  const access = { vault, ...inlineUnits(disk) };
  const random = new SeededRandom(11);
  const key = makeSecretKey(random);
  const [whole, begun] = [makeSample(random, key, 1000), makeSample(random, key, 2 * UNIT_BYTES)];
  await completeSample(access, whole);
  const work = await openSample(access, begun);
  await fillUnits(access, work, begun, [0]);
  const docked = makeDockingSample(random, key);
  await vault.placeDocking(docked, docked.offer, { bytes: new Uint8Array(3), signature: 'x' });
  disk.plant(`/vault/${STATION}/custody/x.jsonl`, 'line\n');
  disk.plant('/vault/r-a/custody/y.jsonl', 'own line\n');
  disk.plant(`/vault/${STATION}/keys/${'0'.repeat(16)}.revocation.json`, '{}');
  disk.plant('/vault/r-a/keys/x.change.json', '{}');
  disk.plant(`/vault/${STATION}/orders/${'a'.repeat(26)}/order.json`, '{}');
  disk.plant(`/vault/${STATION}/deletions/${whole.recording}/deletion.json`, '{}');
  disk.plant('/vault/Photo', 'x');
  disk.plant(`/vault/${STATION}/notes.txt`, 'x');
  disk.plant(`/vault/${STATION}/${whole.recording}/extra`, 'x');
  disk.plantFolder('/vault/lost+found');
  const before = [...disk.tree().keys()];
  const { stationBytes, ...count } = await countVault(disk, vault.layout, new AbortController().signal);
  expect(stationBytes).toEqual(new Map([[STATION, count.bytes - 9]]));
  expect({ ...count, odd: count.odd.toSorted() }).toEqual({
    bytes: 1000 + UNIT_BYTES + 5 + 9 + docked.offer.bytes.length,
    recordings: 1,
    dockings: 1,
    unfinished: 1,
    oddCount: 3,
    odd: ['Photo', `${STATION}/${whole.recording}/extra`, `${STATION}/notes.txt`].toSorted(),
  });
  expect([...disk.tree().keys()]).toEqual(before);
  await expect(countVault(disk, vault.layout, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
});

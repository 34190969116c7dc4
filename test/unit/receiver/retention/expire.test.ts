import { expect, test } from 'vitest';
import { appendStoreEvents } from '../../../../agent/receiver/custody/store-log.ts';
import { dropOldDocuments } from '../../../../agent/receiver/retention/expire.ts';
import { parseReceiverId, parseStationId } from '../../../../protocol/format/ids.ts';
import { encodeManifest, MANIFEST_TRUSTED_COMMENT } from '../../../../protocol/documents/manifest.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import {
  at,
  DAY_MS,
  deletionOf,
  depsOn,
  entriesOf,
  expireOn,
  folderOf,
  later,
  namedBy,
  officerKey,
  plantKeyChange,
  plantOrder,
  plantRecording,
  retentionDisk,
  sidecarOf,
  START_MS,
  stateOf,
  stationKey,
  type TestDeps,
} from './retention-scenario.ts';
import type { Sample } from '../sample.ts';

function nameOf({ station, recording }: Sample): Pick<Sample, 'station' | 'recording'> {
  return { station, recording };
}

/** Enters something in the store's log, by the clock of that program. */
function entered(
  deps: TestDeps,
  event: CustodyEvent['event'],
  facts: CustodyEvent['facts'],
): Promise<unknown> {
  return whileTimePasses(deps.clock, appendStoreEvents(deps, [{ event, facts }]));
}

test('a recording stays until its days are over and is deleted then, with a record that verifies and a log that says so', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(1));
  expect((await expireOn(await later(disk, 13.99))).deleted).toBe(0);
  expect(stateOf(disk, sample)).toBe('whole');
  expect(entriesOf(disk, 'deleting')).toEqual([]);
  const expired = await expireOn(await later(disk, 14));
  expect(expired).toMatchObject({
    deleted: 1,
    deletedBytes: sample.payload.length,
    doubt: null,
    failure: undefined,
  });
  expect(stateOf(disk, sample)).toBe('deleted');
  expect(deletionOf(disk, sample)).toMatchObject({
    reason: 'expired',
    order_sha256: null,
    sealed_size_bytes: sample.payload.length,
    retention: { days: 14, basis: 'sealed', from_at: at(START_MS), due_at: at(START_MS + 14 * DAY_MS) },
  });
  expect(disk.tree(folderOf(sample)).size).toBe(6);
  expect([...namedBy(disk, 'deleting'), ...namedBy(disk, 'deleted')]).toEqual([
    sample.recording,
    sample.recording,
  ]);
  expect((await expireOn(await later(disk, 20, 2))).deleted).toBe(0);
  expect(namedBy(disk, 'deleted')).toHaveLength(1);
  expect(disk.openFiles).toBe(0);
});

test('fewer days than before count only for what came after they were announced', async () => {
  const disk = retentionDisk();
  const random = seededRandom(21);
  const days = (count: number): Partial<TestDeps> => ({
    bootId: 'one boot',
    retention: { days: count, documentsDays: 730, timerHours: 24 },
  });
  const at30 = depsOn(disk, 1, days(30));
  await expireOn(at30);
  const before = plantRecording(disk, random, { receivedMs: START_MS + DAY_MS });
  const later = async (passed: number, seed: number): Promise<string[]> => {
    const deps = depsOn(disk, seed, days(14));
    await deps.clock.advance(passed * DAY_MS);
    await expireOn(deps);
    return namedBy(disk, 'deleted');
  };
  expect(await later(2, 2)).toEqual([]);
  const after = plantRecording(disk, random, { receivedMs: START_MS + 3 * DAY_MS });
  expect(await later(17, 3)).toEqual([after.recording]);
  expect(await later(30.9, 4)).toEqual([after.recording]);
  expect(await later(31, 5)).toEqual([after.recording, before.recording]);
  expect(deletionOf(disk, before)).toMatchObject({ retention: { days: 30 } });
});

test('the days count from the latest time at which it can have been made, and from its receipt where nobody can tell', async () => {
  const disk = retentionDisk();
  const random = seededRandom(2);
  const day = (days: number): number => START_MS + days * DAY_MS;
  const capture = { earliest_at: at(day(-6)), latest_at: at(day(-5)), basis: 'clock-measured' } as const;
  const early = plantRecording(disk, random, { manifest: { capture } });
  const unmeasured = plantRecording(disk, random, {
    manifest: { capture: { ...capture, basis: 'clock-unmeasured' } },
    sealedMs: day(-1),
  });
  const unsynchronised = plantRecording(disk, random, { manifest: { capture, clock_synchronised: null } });
  const future = plantRecording(disk, random, { sealedMs: day(400) });
  const gone = async (days: number): Promise<string[]> => {
    await expireOn(await later(disk, days, Math.floor(days * 100)));
    return [early, unmeasured, unsynchronised, future]
      .filter((each) => stateOf(disk, each) === 'deleted')
      .map(({ recording }) => recording);
  };
  expect(await gone(8.99)).toEqual([]);
  expect(await gone(9)).toEqual([early.recording]);
  expect(await gone(12.99)).toEqual([early.recording]);
  expect(await gone(13)).toEqual([early.recording, unmeasured.recording]);
  expect(await gone(14)).toHaveLength(4);
});

test('what came so late that hardly any time is left is warned of at once, and goes no sooner than a day later', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(3), { sealedMs: START_MS - 13.5 * DAY_MS });
  const first = await expireOn(await later(disk, 0.6));
  expect(first).toMatchObject({ warned: 1, deleted: 0 });
  expect(first.totals).toMatchObject({ late: 1, firstLateDueAt: at(START_MS + DAY_MS / 2) });
  expect(entriesOf(disk, 'expiry-warned').map(({ facts }) => facts['due_at'])).toEqual([
    at(START_MS + DAY_MS / 2),
  ]);
  expect(await expireOn(await later(disk, 1.55, 2))).toMatchObject({ warned: 0, deleted: 0 });
  expect(stateOf(disk, sample)).toBe('whole');
  expect((await expireOn(await later(disk, 1.61, 3))).deleted).toBe(1);
  expect(entriesOf(disk, 'expiry-warned')).toHaveLength(1);
});

test('a warning counts by the time of the log, whatever it says itself', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, seededRandom(3), { sealedMs: START_MS - 13.5 * DAY_MS });
  await entered(await later(disk, 5), 'receiver-started', { version: '1' });
  const due_at = at(START_MS + DAY_MS / 2);
  await entered(await later(disk, 0.1, 2), 'expiry-warned', { ...nameOf(sample), due_at });
  expect(entriesOf(disk, 'expiry-warned')[0]?.at).toBe(at(START_MS + 0.1 * DAY_MS));
  expect((await expireOn(await later(disk, 5.9, 3))).deleted).toBe(0);
  expect((await expireOn(await later(disk, 6.1, 4))).deleted).toBe(1);
});

test('before the log has a receipt nothing goes, is warned of or is dropped, also by an order', async () => {
  const disk = retentionDisk({ hasReceipt: false });
  const random = seededRandom(33);
  plantRecording(disk, random);
  plantRecording(disk, random, { receivedMs: START_MS + 14 * DAY_MS, sealedMs: START_MS + 0.1 * DAY_MS });
  const ordered = plantRecording(disk, random, { receivedMs: START_MS + 13 * DAY_MS });
  plantOrder(disk, random, ordered, { verb: 'delete', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  const first = await expireOn(await later(disk, 14));
  expect(first).toMatchObject({ deleted: 0, warned: 0, doubt: { kind: 'not-known' }, failure: undefined });
  const deps = await later(disk, 14, 2);
  expect(await dropOldDocuments({ ...deps, retention: { ...deps.retention, documentsDays: 0 } })).toEqual({
    folders: 0,
    segments: 0,
  });
  for (const event of ['deleting', 'expiry-warned', 'documents-dropped'] as const)
    expect(entriesOf(disk, event)).toEqual([]);
  await entered(deps, 'receipt', { kind: 'recording', ...nameOf(ordered), receipt_sha256: '0'.repeat(64) });
  const next = await expireOn(await later(disk, 14, 3));
  expect(next).toMatchObject({ deleted: 2, warned: 1, doubt: null });
});

test('what another receiver began to delete after fewer days than count here, only that one finishes', async () => {
  const disk = retentionDisk();
  await entered(await later(disk, 0), 'retention', { days: 40, documents_days: 730 });
  const other = async (days: number, seed: number): Promise<TestDeps> => {
    const deps = depsOn(disk, seed, { bootId: 'one boot', receiver: parseReceiverId('r-other') });
    await deps.clock.advance(days * DAY_MS);
    return deps;
  };
  const sample = plantRecording(disk, seededRandom(34), { receivedMs: START_MS + DAY_MS });
  const receipt = { kind: 'recording', ...nameOf(sample), receipt_sha256: '0'.repeat(64) };
  await entered(await other(1, 2), 'receipt', receipt);
  disk.fail({ operation: 'unlink', nth: 1, times: Infinity, code: 'EIO', path: 'payload.age' });
  expect((await expireOn(await other(20, 3))).failure).toBeDefined();
  disk.heal();
  const here = await expireOn(await later(disk, 21, 4));
  expect(here).toMatchObject({ deleted: 0, totals: { findings: 1 } });
  expect(entriesOf(disk, 'deleting')).toEqual([]);
  expect((await expireOn(await other(21, 5))).deleted).toBe(1);
});

test('without a receipt, or with documents that do not hold, nothing is ever deleted', async () => {
  const disk = retentionDisk();
  const random = seededRandom(4);
  const other = makeSecretKey(random);
  const unreceipted = plantRecording(disk, random, { receivedMs: null });
  const forged = plantRecording(disk, random, { receiptKey: other });
  const altered = plantRecording(disk, random);
  disk.corrupt(`${folderOf(altered)}/manifest.json`, (bytes) =>
    Buffer.from(Buffer.from(bytes).toString().replace('"locked":false', '"locked":true')),
  );
  const wrong = plantRecording(disk, random);
  disk.corrupt(`${folderOf(wrong)}/manifest.json.minisig`, (bytes) =>
    Buffer.from(
      Buffer.from(bytes)
        .toString()
        .replace(/(\n.{30})./, (_, kept: string) => `${kept}/`),
    ),
  );
  const exchanged = plantRecording(disk, random);
  disk.plant(`${folderOf(exchanged)}/receipt.json`, disk.peek(`${folderOf(wrong)}/receipt.json`) ?? '');
  disk.plant(
    `${folderOf(exchanged)}/receipt.json.minisig`,
    disk.peek(`${folderOf(wrong)}/receipt.json.minisig`) ?? '',
  );
  const replaced = plantRecording(disk, random);
  const another = encodeManifest({ ...replaced.manifest, sealed_at: at(START_MS - 100 * DAY_MS) });
  disk.plant(`${folderOf(replaced)}/manifest.json`, another);
  disk.plant(
    `${folderOf(replaced)}/manifest.json.minisig`,
    signFast(stationKey, another, MANIFEST_TRUSTED_COMMENT),
  );
  const half = plantRecording(disk, random);
  await disk.unlink(`${folderOf(half)}/receipt.json.minisig`);
  const alone = plantRecording(disk, random);
  await disk.unlink(`${folderOf(alone)}/manifest.json`);
  const expired = await expireOn(await later(disk, 1000));
  expect(expired.deleted).toBe(0);
  for (const each of [unreceipted, forged, altered, wrong, exchanged, replaced, half, alone])
    expect(
      Buffer.compare(disk.peek(`${folderOf(each)}/payload.age`) ?? new Uint8Array(0), each.payload),
    ).toBe(0);
  expect(expired.totals).toMatchObject({ unreceipted: 1, findings: 7 });
  expect(new Set(expired.totals.found.map(({ recording }) => recording))).toEqual(
    new Set([forged, altered, wrong, exchanged, replaced, half, alone].map(({ recording }) => recording)),
  );
});

test('a station or a key that is in the file no more keeps nothing for ever: the receipt says that its manifest was good', async () => {
  const disk = retentionDisk();
  const random = seededRandom(5);
  const gone = plantRecording(disk, random, { station: parseStationId('dock-9') });
  const rekeyed = plantRecording(disk, random, { manifestKey: makeSecretKey(random) });
  expect((await expireOn(await later(disk, 14))).deleted).toBe(2);
  expect([stateOf(disk, gone), stateOf(disk, rekeyed)]).toEqual(['deleted', 'deleted']);
});

test('a hold by one role keeps for seven days, one by both until both lift it, and sidecars with it', async () => {
  const disk = retentionDisk();
  const random = seededRandom(6);
  const alone = plantRecording(disk, random);
  const both = plantRecording(disk, random);
  const sidecar = plantRecording(disk, random, { manifest: sidecarOf(both) });
  plantOrder(disk, random, alone, { verb: 'hold', orderedMs: START_MS + 10 * DAY_MS, by: ['officer'] });
  plantOrder(disk, random, sidecar, {
    verb: 'hold',
    orderedMs: START_MS + DAY_MS,
    by: ['officer', 'supervisor'],
  });
  const kept = (): string[] =>
    [alone, both, sidecar]
      .filter((each) => stateOf(disk, each) === 'whole')
      .map(({ recording }) => recording);
  await expireOn(await later(disk, 16.9));
  expect(kept()).toHaveLength(3);
  await expireOn(await later(disk, 17, 2));
  expect(kept()).toEqual([both.recording, sidecar.recording]);
  expect(entriesOf(disk, 'hold-lapsed')).toHaveLength(1);
  await expireOn(await later(disk, 30, 3));
  plantOrder(disk, random, both, { verb: 'unhold', orderedMs: START_MS + 40 * DAY_MS, by: ['officer'] });
  await expireOn(await later(disk, 41, 4));
  expect(kept()).toHaveLength(2);
  plantOrder(disk, random, both, {
    verb: 'unhold',
    orderedMs: START_MS + 42 * DAY_MS,
    by: ['officer', 'supervisor'],
  });
  await expireOn(await later(disk, 43, 5));
  expect(kept()).toEqual([]);
  expect(entriesOf(disk, 'hold-lapsed')).toHaveLength(1);
  expect(
    entriesOf(disk, 'order').map(({ facts }) => `${String(facts['verb'])} ${String(facts['role'])}`),
  ).toEqual([
    ...['hold officer', 'hold officer', 'hold supervisor'].toSorted(),
    'unhold officer',
    'unhold officer',
    'unhold supervisor',
  ]);
});

test('a hold reaches a sidecar that a cut brought in another docking; a deletion does not', async () => {
  for (const verb of ['hold', 'delete'] as const) {
    const disk = retentionDisk();
    const random = seededRandom(7);
    const media = plantRecording(disk, random);
    const sidecar = plantRecording(disk, random, {
      receivedMs: START_MS + DAY_MS,
      manifest: { role: 'sidecar', sidecar_of: media.manifest.source.path_sha256 },
    });
    const month = plantRecording(disk, random, {
      receivedMs: START_MS + 8.5 * DAY_MS,
      manifest: { role: 'sidecar', sidecar_of: media.manifest.source.path_sha256 },
    });
    plantOrder(disk, random, media, {
      verb,
      orderedMs: START_MS + 2 * DAY_MS,
      by: ['officer', 'supervisor'],
    });
    await expireOn(await later(disk, verb === 'hold' ? 60 : 9));
    expect([media, sidecar, month].map((each) => stateOf(disk, each))).toEqual(
      verb === 'hold' ? ['whole', 'whole', 'deleted'] : ['deleted', 'whole', 'whole'],
    );
  }
});

test('an order of both roles deletes early, with its sidecars, and its digest stands in the record', async () => {
  const disk = retentionDisk();
  const random = seededRandom(8);
  const media = plantRecording(disk, random);
  const sidecar = plantRecording(disk, random, { manifest: sidecarOf(media) });
  const other = plantRecording(disk, random);
  plantOrder(disk, random, media, { verb: 'delete', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  plantOrder(disk, random, other, { verb: 'delete', orderedMs: START_MS, by: ['supervisor'] });
  await expireOn(await later(disk, 0.1));
  expect([media, sidecar, other].map((each) => stateOf(disk, each))).toEqual(['deleted', 'deleted', 'whole']);
  expect(deletionOf(disk, sidecar)).toMatchObject({
    reason: 'ordered',
    order_sha256: deletionOf(disk, media).order_sha256,
  });
  expect(deletionOf(disk, media).order_sha256).toMatch(/^[0-9a-f]{64}$/);
});

test('an order that is not what it should be deletes nothing, lifts nothing, and is told', async () => {
  const disk = retentionDisk();
  const random = seededRandom(9);
  const other = makeSecretKey(random);
  const both = ['officer', 'supervisor'] as const;
  const ordered = { verb: 'delete', orderedMs: START_MS, by: both } as const;
  const forged = plantRecording(disk, random);
  plantOrder(disk, random, forged, { ...ordered, supervisorKey: other });
  const oneKey = plantRecording(disk, random);
  plantOrder(disk, random, oneKey, { ...ordered, supervisorKey: officerKey });
  const swapped = plantRecording(disk, random);
  plantOrder(disk, random, swapped, { ...ordered, change: { manifest_sha256: '0'.repeat(64) } });
  const held = plantRecording(disk, random);
  plantOrder(disk, random, held, { verb: 'hold', orderedMs: START_MS, by: both });
  plantOrder(disk, random, held, ordered);
  plantOrder(disk, random, held, {
    ...ordered,
    verb: 'unhold',
    orderedMs: START_MS + 1000,
    officerKey: other,
  });
  const expired = await expireOn(await later(disk, 1));
  expect(expired.deleted).toBe(0);
  expect(expired.totals.findings).toBe(4);
  for (const each of [forged, oneKey, swapped, held]) expect(stateOf(disk, each)).toBe('whole');
});

test('a hold whose key is gone from the file, or that was altered, keeps its recording and is told', async () => {
  const disk = retentionDisk();
  const random = seededRandom(10);
  const rekeyed = plantRecording(disk, random);
  plantOrder(disk, random, rekeyed, {
    verb: 'hold',
    orderedMs: START_MS,
    by: ['officer', 'supervisor'],
    officerKey: makeSecretKey(random),
  });
  const expired = await expireOn(await later(disk, 100));
  expect(expired).toMatchObject({ deleted: 0, totals: { findings: 1, states: { held: 1 } } });
  expect(expired.totals.found[0]?.what).toContain('put its key back');
});

test('a hold that somebody put there without a key of a role ends no hold of one', async () => {
  const disk = retentionDisk();
  const random = seededRandom(40);
  const sample = plantRecording(disk, random);
  const hold = { verb: 'hold', by: ['officer'] } as const;
  plantOrder(disk, random, sample, { ...hold, orderedMs: START_MS, officerKey: makeSecretKey(random) });
  plantOrder(disk, random, sample, { ...hold, orderedMs: START_MS + 13 * DAY_MS });
  expect(await expireOn(await later(disk, 15))).toMatchObject({
    deleted: 0,
    totals: { states: { held: 1 } },
  });
  expect((await expireOn(await later(disk, 20, 2))).deleted).toBe(1);
});

test('an order that cannot be read keeps everything of its station, and nothing of another one', async () => {
  const disk = retentionDisk();
  const random = seededRandom(11);
  const kept = plantRecording(disk, random);
  const order = plantOrder(disk, random, kept, { verb: 'hold', orderedMs: START_MS, by: ['officer'] });
  disk.corrupt(`/vault/dock-1/orders/${order.order}/order.json`, (bytes) => bytes.subarray(0, 20));
  const other = plantRecording(disk, random, { station: parseStationId('dock-2') });
  const expired = await expireOn(await later(disk, 100));
  expect(expired).toMatchObject({ deleted: 1, totals: { findings: 1, states: { blocked: 1 } } });
  expect([stateOf(disk, kept), stateOf(disk, other)]).toEqual(['whole', 'deleted']);
});

test('an earlier key of the store counts where its own change names it', async () => {
  const disk = retentionDisk();
  const random = seededRandom(12);
  const earlier = makeSecretKey(random);
  const sample = plantRecording(disk, random, { receiptKey: earlier });
  expect((await expireOn(await later(disk, 14))).totals.findings).toBe(1);
  plantKeyChange(disk, earlier);
  expect((await expireOn(await later(disk, 14, 2))).deleted).toBe(1);
  expect(stateOf(disk, sample)).toBe('deleted');
});

test('a folder that cannot be changed keeps no other one, and the failure is told', async () => {
  const disk = retentionDisk();
  const random = seededRandom(13);
  const samples = Array.from({ length: 5 }, () => plantRecording(disk, random));
  const [stuck] = samples;
  disk.fail({
    operation: 'unlink',
    path: `${stuck === undefined ? '' : folderOf(stuck)}/payload.age`,
    nth: 1,
    code: 'EIO',
    times: Number.POSITIVE_INFINITY,
  });
  const expired = await expireOn(await later(disk, 14));
  expect(expired.failure).toMatchObject({ code: 'EIO' });
  expect(expired.deleted).toBe(4);
  disk.heal();
  expect((await expireOn(await later(disk, 14.1, 2))).deleted).toBe(1);
  expect(samples.map((each) => stateOf(disk, each))).toEqual(Array.from({ length: 5 }, () => 'deleted'));
});

test('a hold of a recording holds what replaced it, where the vault lost the first one', async () => {
  const disk = retentionDisk();
  const random = seededRandom(77);
  const first = plantRecording(disk, random);
  plantOrder(disk, random, first, { verb: 'hold', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  // It did not hold any more and was set aside; its file was still on the camera, and came as a new recording.
  await disk.removeTree(folderOf(first));
  const second = plantRecording(disk, random, {
    manifest: {
      camera: first.manifest.camera,
      source: first.manifest.source,
      original: first.manifest.original,
      supersedes: [first.recording],
    },
  });
  const expired = await expireOn(await later(disk, 15));
  expect(expired).toMatchObject({ deleted: 0, totals: { states: { held: 1 } } });
  expect(stateOf(disk, second)).toBe('whole');
  const years = await later(disk, 800, 2);
  await dropOldDocuments(years);
  expect((await expireOn(years)).deleted).toBe(0);
});

test('a folder of one station that the disk does not show keeps nothing of another one', async () => {
  for (const folder of ['/vault/dock-1/orders', '/vault/dock-1']) {
    const disk = retentionDisk();
    const random = seededRandom(78);
    const stuck = plantRecording(disk, random);
    plantOrder(disk, random, stuck, { verb: 'hold', orderedMs: START_MS, by: ['officer', 'supervisor'] });
    const other = plantRecording(disk, random, { station: parseStationId('dock-2') });
    disk.fail({ operation: 'list', path: folder, nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    const expired = await expireOn(await later(disk, 15));
    expect(expired.totals.found[0]).toMatchObject({ station: 'dock-1' });
    expect(expired.totals.found[0]?.what).toContain('EIO');
    expect([stateOf(disk, stuck), stateOf(disk, other)]).toEqual(['whole', 'deleted']);
  }
});

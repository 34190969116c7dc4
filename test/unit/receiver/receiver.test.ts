import { describe, expect, test } from 'vitest';
import { placeDocument } from '../../../agent/receiver/vault/vault-dockings.ts';
import { publicKeyOf, signDocument } from '../../../protocol/documents/minisign.ts';
import { RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { makeSessionId, parseStationId } from '../../../protocol/format/ids.ts';
import { UNIT_BYTES } from '../../../protocol/format/limits.ts';
import { encodeMessage } from '../../../protocol/transfer/messages.ts';
import type { VaultRun } from '../../../agent/receiver/vault/vault-run.ts';
import { whileTimePasses } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { BenchTop, openBench, STATION_KEY, STORE_KEY } from './bench-top.ts';
import { makeSample, type Sample, STATION } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';

const NAMES = [
  'chunks.bin',
  'manifest.json',
  'manifest.json.minisig',
  'payload.age',
  'receipt.json',
  'receipt.json.minisig',
];

/** The recording lies in the vault with all six files, byte by byte. */
function expectStored(top: BenchTop, sample: Sample): void {
  const names = [...top.disk.tree(`/vault/${sample.station}/${sample.recording}`).keys()];
  expect(names.map((name) => name.split('/').at(-1))).toEqual(NAMES);
  expect(Buffer.compare(top.stored(sample, 'payload.age') ?? Buffer.alloc(0), sample.payload)).toBe(0);
  expect(Buffer.compare(top.stored(sample, 'chunks.bin') ?? Buffer.alloc(0), sample.chunks)).toBe(0);
  expect(Buffer.compare(top.stored(sample, 'manifest.json') ?? Buffer.alloc(0), sample.offer.bytes)).toBe(0);
}

function receipted(station: ScriptedStation, ...samples: readonly Sample[]): () => boolean {
  return () => samples.every((sample) => station.receipts.has(sample.recording));
}

describe('a transfer', () => {
  test('goes through claim, digests, units and receipt, and leaves nothing open', async () => {
    const { top, receiver, station } = await openBench(1);
    const sample = top.sample(5 * UNIT_BYTES + 123);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    expect(station.receipts.get(sample.recording)).toMatchObject({
      station: sample.station,
      manifest_sha256: sample.manifestSha256,
      sealed_size_bytes: sample.payload.length,
      chunks_sha256: sample.manifest.sealed.chunks_sha256,
      receiver: 'r-a',
      vault: receiver.vault.id,
      custody_head: null,
    });
    expectStored(top, sample);
    expect(station.sentUnits).toBe(6);
    await receiver.stop();
    expect(receiver.slabs.freeCount).toBe(8);
    expect(top.disk.openFiles).toBe(0);
    expect(receiver.conditions.codes()).toEqual([]);
    expect((await top.disk.list('/vault/.leases')).toSorted()).toEqual(['log-r-a', 'run.json']);
    expect(await top.disk.list('/vault/.leases/log-r-a')).toEqual([]);
  });

  test('in messages smaller than a unit ends the same', async () => {
    const top = new BenchTop(2);
    await top.receiver();
    const station = await top.station({ messageBytesMax: 100_000 });
    const sample = top.sample(2 * UNIT_BYTES + 1);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    expectStored(top, sample);
  });

  test('of many recordings at once shares the buffers and ends for all', async () => {
    const { top, receiver, station } = await openBench(3, { slabs: 4 });
    const samples = Array.from({ length: 12 }, (_, at) => top.sample(UNIT_BYTES * (at % 4) + 100 + at));
    for (const sample of samples) station.push(sample);
    await top.until('receipts', receipted(station, ...samples));
    for (const sample of samples) expectStored(top, sample);
    await receiver.stop();
    expect(receiver.slabs.freeCount).toBe(4);
    expect(top.disk.openFiles).toBe(0);
  });

  test('never uses more buffers than there are, and needs no second sending for it', async () => {
    const { top, station } = await openBench(4, { slabs: 2 });
    const samples = [top.sample(6 * UNIT_BYTES), top.sample(6 * UNIT_BYTES), top.sample(6 * UNIT_BYTES)];
    for (const sample of samples) station.push(sample);
    await top.until('receipts', receipted(station, ...samples));
    expect(station.sentUnits).toBe(18);
  });

  test('over a broker that loses, doubles, delays and alters messages still ends whole', async () => {
    const { top, receiver, station } = await openBench(5);
    const chance = new SeededRandom(55);
    top.hub.fate = ({ qos, payload }) => {
      if (qos === 1) return chance.below(4) === 0 ? [{}, { delayMs: 300 }] : [{}];
      const draw = chance.below(10);
      if (draw === 0) return [];
      if (draw === 1) return [{}, { delayMs: chance.below(3000) }];
      if (draw === 2) return [{ delayMs: chance.below(500) }];
      if (draw > 3) return [{}];
      const altered = payload.slice();
      altered[chance.below(altered.length)] = chance.below(256);
      return [{ payload: altered }];
    };
    const samples = [top.sample(9 * UNIT_BYTES + 7), top.sample(20), top.sample(3 * UNIT_BYTES)];
    for (const sample of samples) station.push(sample);
    await top.until('receipts', receipted(station, ...samples), 600_000);
    for (const sample of samples) expectStored(top, sample);
    await receiver.stop();
    expect(receiver.slabs.freeCount).toBe(8);
    expect(receiver.broker.handlerErrors).toEqual([]);
  });

  test('goes on after the connection was cut, without sending again what arrived', async () => {
    const { top, station } = await openBench(6, { slabs: 2 });
    const sample = top.sample(12 * UNIT_BYTES);
    station.push(sample);
    await top.until('half', () => station.haves.some((have) => (have.received[0]?.[1] ?? 0) >= 6));
    top.hub.cut(STATION);
    await top.clock.advance(100);
    top.hub.cut('r-a');
    await top.until('receipt', receipted(station, sample));
    expectStored(top, sample);
    expect(station.sentUnits).toBeLessThan(12 + 5);
  });

  test('a new session of the station is claimed again and goes on from what is held', async () => {
    const { top, station } = await openBench(7, { slabs: 2 });
    const sample = top.sample(10 * UNIT_BYTES);
    station.push(sample);
    await top.until('half', () => station.haves.some((have) => (have.received[0]?.[1] ?? 0) >= 5));
    await station.stop();
    const next = await top.station();
    next.push(sample);
    await top.until('receipt', receipted(next, sample));
    expect(next.sentUnits).toBeLessThanOrEqual(5);
    expect(next.claims[0]?.epoch).toBe(station.claims[0]?.epoch);
    expectStored(top, sample);
  });
});

describe('a receiver that starts again', () => {
  test('finds by their digests what it held, and asks for the rest only', async () => {
    const { top, receiver, station } = await openBench(10, { slabs: 2 });
    const sample = top.sample(10 * UNIT_BYTES);
    station.push(sample);
    await top.until('half', () => station.haves.some((have) => (have.received[0]?.[1] ?? 0) >= 5));
    await receiver.stop();
    await receiver.broker.close(true);
    const claims = station.claims.length;
    await top.receiver({ slabs: 2 });
    await top.until('claim', () => station.claims.length > claims);
    const before = station.sentUnits;
    await top.until('receipt', receipted(station, sample));
    expect(station.sentUnits - before).toBeLessThanOrEqual(5);
    const epochs = new Set(station.claims.map((claim) => claim.epoch));
    expect(Math.max(...epochs)).toBeGreaterThan(Math.min(...epochs));
    expectStored(top, sample);
  });

  test('writes once more what it finds after a sync that failed: a power cut takes nothing of it', async () => {
    const { top, station } = await openBench(14);
    const sample = top.sample(70 * UNIT_BYTES);
    station.push(sample);
    await top.until('begin', () => station.haves.length > 0);
    const fault = { nth: 1, times: Infinity, code: 'EIO', path: `${sample.recording}/` };
    let left = 0;
    top.disk.fail({ ...fault, operation: 'sync' });
    top.disk.fail({ ...fault, operation: 'unlink', onHit: () => left++ });
    await top.until('what a failed sync left could not be dropped', () => left === 2);
    top.disk.heal();
    const before = station.sentUnits;
    await top.until('receipt', receipted(station, sample));
    expect(station.sentUnits - before).toBeLessThan(70); // it found the rest
    const cut = top.disk.crash(top.disk.steps, 'nothing');
    expect(Buffer.compare(top.stored(sample, 'payload.age', cut) ?? Buffer.alloc(0), sample.payload)).toBe(0);
  });

  test('gives the stored receipt to whoever offers the recording again', async () => {
    const { top, receiver, station } = await openBench(11);
    const sample = top.sample(100);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    const first = station.receiptTexts.get(sample.recording);
    await receiver.stop();
    await receiver.broker.close(true);
    await station.stop();
    await top.receiver();
    const next = await top.station();
    next.push(sample);
    await top.until('receipt', receipted(next, sample));
    expect(next.receiptTexts.get(sample.recording)).toBe(first);
    expect(next.sentUnits).toBe(0);
  });

  test('makes the receipt that was missing, after checking every byte', async () => {
    const { top, station } = await openBench(12);
    const sample = top.sample(2 * UNIT_BYTES);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    await top.disk.unlink(`/vault/${STATION}/${sample.recording}/receipt.json`);
    const next = await top.station();
    await station.stop();
    next.push(sample);
    await top.until('receipt', receipted(next, sample));
    expect(next.sentUnits).toBe(0);
    expectStored(top, sample);
  });

  test('never gives a receipt of another manifest of that id, wherever it came from', async () => {
    const { top, station } = await openBench(11);
    const sample = top.sample(100);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    const path = `/vault/${STATION}/${sample.recording}/receipt.json`;
    const text = Buffer.from(await top.disk.readAll(path, 10_000)).toString();
    const other = text.replace(/"manifest_sha256":"[0-9a-f]{64}"/, `"manifest_sha256":"${'7'.repeat(64)}"`);
    expect(other).not.toBe(text);
    // Signed by the store itself, as a vault that was put together from two backups would show it.
    await placeDocument(top.disk, path, {
      bytes: Buffer.from(other),
      signature: signDocument(STORE_KEY, Buffer.from(other), RECEIPT_TRUSTED_COMMENT),
    });
    await station.stop();
    const next = await top.station();
    next.push(sample);
    await top.until('receipt', receipted(next, sample));
    expect(Buffer.from(await top.disk.readAll(path, 10_000)).toString()).not.toContain('7'.repeat(64));
    expect(next.sentUnits).toBe(0);
    expectStored(top, sample);
  });

  test('sets a recording aside that is no longer whole, and receives it anew', async () => {
    for (const [at, damage] of (
      [
        ['payload.age', 'flip'],
        ['payload.age', 'gone'],
        ['chunks.bin', 'flip'],
        ['manifest.json', 'flip'],
        ['manifest.json', 'gone'],
      ] as const
    ).entries()) {
      const { top, receiver, station } = await openBench(13 + at);
      const sample = top.sample(UNIT_BYTES + 9);
      station.push(sample);
      await top.until('receipt', receipted(station, sample));
      const folder = `/vault/${STATION}/${sample.recording}`;
      await top.disk.unlink(`${folder}/receipt.json`);
      const path = `${folder}/${damage[0]}`;
      if (damage[1] === 'gone') await top.disk.unlink(path);
      else top.disk.corrupt(path, (bytes) => bytes.with(20, (bytes[20] ?? 0) ^ 1));
      await station.stop();
      const next = await top.station();
      next.push(sample);
      await top.until(`receipt after ${damage.join(' ')}`, receipted(next, sample));
      expect(next.sentUnits).toBe(2);
      expectStored(top, sample);
      expect(receiver.conditions.isRaised('vault.recording-damaged')).toBe(true);
      expect([...top.disk.tree('/vault/.quarantine').keys()].join()).toContain(sample.recording);
    }
  });

  test('that holds everything answers a fin with the receipt that the station missed', async () => {
    const { top, station } = await openBench(19);
    const sample = top.sample(100);
    station.push(sample);
    await top.until('receipt', receipted(station, sample));
    station.receipts.clear();
    await station.publish(
      station.topics.fin(station.claims[0]?.receiver ?? ('' as never), sample.recording),
      encodeMessage({ message: 'fin', epoch: 1 }),
    );
    await top.until('receipt again', receipted(station, sample));
  });

  test('that does not hold everything any more answers no fin, and takes the recording with the next offer', async () => {
    const damages: ((top: BenchTop, folder: string) => void | Promise<void>)[] = [
      (top, folder) => top.disk.corrupt(`${folder}/payload.age`, (bytes) => bytes.subarray(1)),
      (top, folder) => top.disk.unlink(`${folder}/payload.age`),
      (top, folder) => top.disk.corrupt(`${folder}/receipt.json`, () => Buffer.from('{}')),
      (top, folder) => top.disk.corrupt(`${folder}/manifest.json`, (bytes) => bytes.subarray(1)),
      (top, folder) =>
        top.disk.corrupt(`${folder}/manifest.json.minisig`, (bytes) => {
          const at = bytes.indexOf(10) + 60; // in the second line, which is base64
          return Buffer.from(bytes).fill(bytes[at] === 65 ? 'B' : 'A', at, at + 1);
        }),
    ];
    for (const [at, damage] of damages.entries()) {
      const { top, station } = await openBench(190 + at);
      const sample = top.sample(100);
      station.push(sample);
      await top.until('receipt', receipted(station, sample));
      await damage(top, `/vault/${STATION}/${sample.recording}`);
      station.receipts.clear();
      await station.publish(
        station.topics.fin(station.claims[0]?.receiver ?? ('' as never), sample.recording),
        encodeMessage({ message: 'fin', epoch: 1 }),
      );
      await top.clock.advance(10_000);
      expect(station.receipts.size).toBe(0);
      station.push(sample);
      await top.until('receipt again', receipted(station, sample));
      expectStored(top, sample);
    }
  });

  test('gives a receipt whose names it could not sync only once they are: also for a fin', async () => {
    const { top, receiver, station } = await openBench(26);
    const sample = top.sample(100);
    const folder = `/vault/${STATION}/${sample.recording}`;
    top.disk.fail({ operation: 'syncFolder', nth: 1, times: 2, code: 'EIO', path: folder });
    station.push(sample);
    await top.until('a failure', () => receiver.conditions.isRaised('vault.write-failed'));
    expect(top.disk.peek(`${folder}/receipt.json`)).toBeDefined();
    const fin = (): Promise<void> =>
      station.publish(
        station.topics.fin(station.claims[0]?.receiver ?? ('' as never), sample.recording),
        encodeMessage({ message: 'fin', epoch: 1 }),
      );
    const before = top.disk.calls('syncFolder');
    await fin(); // the sync fails once more
    await top.until('another failure', () => top.disk.calls('syncFolder') > before);
    expect(station.receipts.size).toBe(0);
    await fin();
    await top.until('receipt', receipted(station, sample));
    expect(top.disk.crash(top.disk.steps, 'nothing').peek(`${folder}/receipt.json`)).toBeDefined();
  });
});

describe('what is refused', () => {
  test('an offer of a station that is not known: nothing is kept but a note', async () => {
    const { top, receiver } = await openBench(20);
    const stranger = parseStationId('dock-9');
    const sample = makeSample(top.random, STATION_KEY, 100, { station: stranger });
    const station = await top.station({ id: stranger });
    station.push(sample);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'never', reason: 'unknown-station' });
    expect(receiver.conditions.facts('receiver.offer-refused')).toMatchObject({ station: 'dock-9' });
    expect([...top.disk.tree('/vault').keys()].filter((path) => path.includes(sample.recording))).toEqual([]);
    const notes = [...top.disk.tree('/vault/.quarantine').values()];
    expect(notes.map((note) => Buffer.from(note ?? []).toString()).join()).toContain(sample.recording);
  });

  test('a manifest with another key, with altered bytes, or about something else', async () => {
    const { top, receiver, station } = await openBench(21);
    const good = top.sample(100);
    const byStore = makeSample(top.random, STORE_KEY, 100);
    const other = top.sample(100);
    const altered = { ...good, offer: { ...good.offer, bytes: good.offer.bytes.with(30, 65) } };
    const misnamed = { ...other, recording: good.recording };
    for (const [sample, reason] of [
      [byStore, 'manifest-signature'],
      [altered, 'manifest-signature'],
      [misnamed, 'manifest-mismatch'],
    ] as const) {
      const before = station.refusals.length;
      await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
      await top.until('refusal', () => station.refusals.length > before);
      expect(station.refusals.at(-1)).toMatchObject({ verb: 'never', reason });
    }
    expect(receiver.conditions.isRaised('receiver.offer-refused', STATION)).toBe(true);
    station.push(good);
    await top.until('receipt', receipted(station, good));
    expect(receiver.conditions.isRaised('receiver.offer-refused', STATION)).toBe(false);
  });

  test('a second signed manifest under a known id, whether that one is stored or on its way', async () => {
    const { top, receiver, station } = await openBench(22);
    const first = top.sample(3 * UNIT_BYTES);
    const second = top.sample(200, { recording: first.recording });
    station.push(first);
    await top.until('claim', () => station.claims.length > 0);
    await station.publish(station.topics.offer(second.recording), station.offerOf(second));
    await top.until('refusal', () => station.refusals.length === 1);
    await top.until('receipt', receipted(station, first));
    await station.publish(station.topics.offer(second.recording), station.offerOf(second));
    await top.until('second refusal', () => station.refusals.length === 2);
    for (const refusal of station.refusals)
      expect(refusal).toMatchObject({ verb: 'never', manifest_sha256: second.manifestSha256 });
    expect(receiver.conditions.isRaised('receiver.recording-conflict', STATION)).toBe(true);
    expectStored(top, first);
  });

  test('units that stay altered: the station is told to pause, and the good ones count later', async () => {
    const { top, receiver, station } = await openBench(23);
    const sample = top.sample(4 * UNIT_BYTES);
    station.alter = (unit, bytes) => (unit === 2 ? bytes.map((byte) => byte ^ 1) : bytes);
    station.push(sample);
    await top.until('refusal', () => station.refusals.length > 0, 600_000);
    expect(station.refusals[0]).toMatchObject({ verb: 'pause' });
    expect(receiver.conditions.isRaised('receiver.altered', STATION)).toBe(true);
    expect(top.stored(sample, 'manifest.json')).toBeUndefined();
    station.alter = (_unit, bytes) => bytes;
    await top.until('receipt', receipted(station, sample), 900_000);
    expect(receiver.conditions.isRaised('receiver.altered', STATION)).toBe(false);
    expectStored(top, sample);
  });

  test('nonsense on every topic changes nothing and throws nothing', async () => {
    const { top, receiver, station } = await openBench(24);
    const sample = top.sample(2 * UNIT_BYTES);
    station.push(sample);
    await top.until('claim', () => station.claims.length > 0);
    const { topics } = station;
    const chance = new SeededRandom(77);
    const to = station.claims[0]?.receiver ?? ('' as never);
    const segment = sample.recording as never;
    for (let turn = 0; turn < 200; turn++) {
      const topic = chance.pick([
        topics.offer(sample.recording),
        topics.digests(to, sample.recording, chance.below(100)),
        topics.bytes(to, sample.recording, chance.below(3 * UNIT_BYTES)),
        topics.fin(to, sample.recording),
        topics.custody(segment, chance.below(3)),
        `${topics.offer(sample.recording)}/x`,
      ]);
      const payload = chance.pick([
        chance.bytes(chance.below(300)),
        encodeUtf8('{"message":"offer"}'),
        encodeUtf8('['.repeat(90)),
      ]);
      await station.publish(topic, payload);
    }
    await top.until('receipt', receipted(station, sample), 600_000);
    expectStored(top, sample);
    expect(receiver.broker.handlerErrors).toEqual([]);
    expect(receiver.log.messages('error').filter((line) => !line.startsWith('custody'))).toEqual([]);
  });

  test('retained messages, and those for another receiver, are ignored', async () => {
    const { top, station } = await openBench(25);
    const sample = top.sample(100);
    await station.broker.publish(station.topics.offer(sample.recording), station.offerOf(sample), {
      qos: 1,
      retain: true,
    });
    await top.until('claim of the live message', () => station.claims.length === 1);
    const other = await top.receiver({ receiver: 'r-b', disk: new CrashDisk() });
    await top.clock.advance(2000);
    expect(other.log.messages()).not.toContain('recording claimed');
  });
});

describe('bounds', () => {
  test('a station that offers more than it may have active at once is served in turns', async () => {
    const { top, receiver, station } = await openBench(30, { slabs: 4 });
    const samples = Array.from({ length: 70 }, () => top.sample(50));
    for (const sample of samples) station.push(sample);
    await top.until('receipts', receipted(station, ...samples), 600_000);
    await receiver.stop();
    expect(receiver.slabs.freeCount).toBe(4);
  });

  test('a recording larger than the quota waits, smaller ones go on', async () => {
    const { top, receiver, station } = await openBench(31, { quotaBytes: 3 * UNIT_BYTES });
    const [large, small] = [top.sample(4 * UNIT_BYTES), top.sample(UNIT_BYTES)];
    station.push(large);
    station.push(small);
    await top.until('receipt', receipted(station, small));
    expect(station.refusals[0]).toMatchObject({ verb: 'pause', recording: large.recording });
    expect(receiver.conditions.isRaised('vault.quota', STATION)).toBe(true);
  });

  test('a vault at its quota takes nothing more, says so, and takes it when there is room', async () => {
    const { top, receiver, station } = await openBench(32, { quotaBytes: 3 * UNIT_BYTES });
    const [first, second] = [top.sample(2 * UNIT_BYTES), top.sample(2 * UNIT_BYTES)];
    station.push(first);
    await top.until('receipt', receipted(station, first));
    station.push(second);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'pause', reason: 'quota reached' });
    expect(receiver.conditions.isRaised('vault.full')).toBe(true);
    await top.disk.removeTree(`/vault/${STATION}/${first.recording}`);
    await top.until('receipt', receipted(station, second), 3_600_000);
    expect(receiver.conditions.isRaised('vault.full')).toBe(false);
  });

  test('refusals are bounded per station, whatever it sends', async () => {
    const { top, station } = await openBench(33);
    for (let turn = 0; turn < 60; turn++) {
      const sample = makeSample(top.random, STORE_KEY, 1);
      await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    }
    await top.clock.advance(1000);
    expect(station.refusals.length).toBeGreaterThan(0);
    expect(station.refusals.length).toBeLessThanOrEqual(22);
  });

  test('of a station that sends nonsense for offers few are looked at, and a good one comes through behind it', async () => {
    const { top, receiver, station } = await openBench(36);
    for (let turn = 0; turn < 300; turn++) {
      const topic = station.topics.offer(makeSample(top.random, STORE_KEY, 1).recording);
      await station.publish(topic, encodeUtf8(`{"message":"offer","nonsense":${turn}}`));
      await top.clock.advance(5);
    }
    const looked = receiver.log.messages('debug').filter((message) => message === 'no offer').length;
    expect(looked).toBeGreaterThan(10);
    expect(looked).toBeLessThanOrEqual(23);
    const sample = top.sample(100);
    station.push(sample);
    await top.until('receipt', receipted(station, sample), 10_000);
  });

  test('a station that claims all places and sends nothing does not stop another one', async () => {
    const top = new BenchTop(34);
    const hostile = parseStationId('dock-2');
    const publicKeys = [publicKeyOf(STATION_KEY)];
    await top.receiver({
      slabs: 2,
      stations: [
        { id: STATION, publicKeys },
        { id: hostile, publicKeys },
      ],
    });
    const silent = await top.station({ id: hostile });
    for (let turn = 0; turn < 40; turn++) {
      const sample = makeSample(top.random, STATION_KEY, 10 * UNIT_BYTES, { station: hostile });
      await silent.publish(silent.topics.offer(sample.recording), silent.offerOf(sample));
      await top.clock.advance(50);
    }
    expect(silent.claims.length).toBeGreaterThan(1);
    const station = await top.station();
    const sample = top.sample(4 * UNIT_BYTES);
    station.push(sample);
    await top.until('receipt', receipted(station, sample), 300_000);
  });

  test('a transfer that falls silent is left after the length of a lease, and what came stays', async () => {
    const { top, receiver, station } = await openBench(35);
    const sample = top.sample(4 * UNIT_BYTES);
    await station.publish(
      station.topics.offer(sample.recording),
      station.offerOf(sample, makeSessionId(top.random)),
    );
    await top.until('claim', () => station.claims.length === 1);
    await top.clock.advance(70_000);
    expect(receiver.log.messages()).toContain('recording left');
    const left = await top.disk.list(`/vault/.incoming/${STATION}/${sample.recording}`);
    expect(left).toContain('manifest.json');
    expect(top.disk.openFiles).toBe(0);
  });
});

describe('a disk that fails', () => {
  test('full: the station waits, the condition says so, and all is delivered when space returns', async () => {
    const { top, receiver, station } = await openBench(40);
    const sample = top.sample(6 * UNIT_BYTES);
    top.disk.capacityBytes = 64 * 2 ** 20 + 5 * UNIT_BYTES;
    station.push(sample);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(station.refusals[0]).toMatchObject({ verb: 'pause', reason: 'no space left' });
    expect(receiver.conditions.isRaised('vault.full')).toBe(true);
    top.disk.heal();
    await top.until('receipt', receipted(station, sample), 300_000);
    expect(receiver.conditions.isRaised('vault.full')).toBe(false);
    expectStored(top, sample);
  });

  test('any call failing once with ENOSPC or EIO costs time and nothing else', async () => {
    const probe = await openBench(41);
    const sample = probe.top.sample(UNIT_BYTES + 5);
    const before = probe.top.disk.calls('change');
    probe.station.push(sample);
    await probe.top.until('receipt', receipted(probe.station, sample));
    const calls = probe.top.disk.calls('change') - before;
    expect(calls).toBeGreaterThan(20);
    for (let nth = 1; nth <= calls; nth++) {
      const code = nth % 2 === 0 ? 'ENOSPC' : 'EIO';
      const { top, receiver, station } = await openBench(41);
      const again = top.sample(UNIT_BYTES + 5);
      top.disk.fail({ operation: 'change', nth, code });
      station.onReceipt = () => expectStored(top, again);
      station.push(again);
      await top.until(`receipt after ${code} at ${nth}`, receipted(station, again), 600_000);
      expectStored(top, again);
      await receiver.stop();
      expect(top.disk.openFiles).toBe(0);
      expect(receiver.slabs.freeCount).toBe(8);
    }
  });

  for (const [operation, file] of [
    ['sync', 'payload.age'],
    ['sync', 'chunks.'],
    ['close', 'payload.age'],
    ['close', 'chunks.'],
  ] as const)
    test(`a ${operation} of ${file} that failed is never believed later: all is sent again`, async () => {
      const { top, station } = await openBench(42);
      const sample = top.sample(2 * UNIT_BYTES);
      top.disk.fail({ operation, nth: 1, code: 'EIO', path: file });
      station.push(sample);
      await top.until('receipt', receipted(station, sample), 600_000);
      expect(station.sentUnits).toBe(4);
      const after = top.disk.crash(top.disk.steps, 'nothing');
      const left = (name: string): Uint8Array | undefined =>
        after.peek(`/vault/${STATION}/${sample.recording}/${name}`);
      expect(Buffer.compare(left('payload.age') ?? Buffer.alloc(0), sample.payload)).toBe(0);
      expect(Buffer.compare(left('chunks.bin') ?? Buffer.alloc(0), sample.chunks)).toBe(0);
    });

  test('a receipt whose folder could not be synced is given only once it is durable', async () => {
    const { top, station } = await openBench(44);
    const sample = top.sample(UNIT_BYTES);
    const folder = `/vault/${STATION}/${sample.recording}`;
    const isDurable = (): boolean =>
      top.disk.crash(top.disk.steps, 'nothing').peek(`${folder}/receipt.json`) !== undefined;
    top.disk.fail({ operation: 'syncFolder', nth: 1, times: 2, code: 'EIO', path: folder });
    station.onReceipt = () => expect(isDurable()).toBe(true);
    station.push(sample);
    await top.until('receipt', receipted(station, sample), 600_000);
    expect(isDurable()).toBe(true);
  });

  test("another disk at the vault's place: nothing is claimed until it is back", async () => {
    const { top, receiver, station } = await openBench(43);
    const id = top.disk.peek('/vault/vault.json') ?? new Uint8Array(0);
    await top.disk.unlink('/vault/vault.json');
    const sample = top.sample(100);
    station.push(sample);
    await top.until('refusal', () => station.refusals.length > 0);
    expect(receiver.conditions.isRaised('vault.lost')).toBe(true);
    top.disk.plant('/vault/vault.json', id);
    await top.until('receipt', receipted(station, sample), 300_000);
    expect(receiver.conditions.isRaised('vault.lost')).toBe(false);
  });
});

test('a receiver whose disk holds its work at the end does not note that it ended', async () => {
  for (const isHeld of [false, true]) {
    const { top, receiver, station } = await openBench(31);
    const sample = top.sample(3 * UNIT_BYTES);
    const create = top.disk.create.bind(top.disk);
    top.disk.create = async (path) => {
      const file = await create(path);
      if (isHeld && path.endsWith('payload.age')) file.sync = () => new Promise(() => undefined);
      return file;
    };
    station.push(sample);
    await top.until('claim', () => receiver.log.messages('info').includes('recording claimed'));
    await top.clock.advance(2000);
    await whileTimePasses(top.clock, receiver.stop());
    const run = JSON.parse(
      Buffer.from(top.disk.peek('/vault/.leases/run.json') ?? []).toString(),
    ) as VaultRun;
    expect(run.ended_at === null).toBe(isHeld);
  }
});

describe('a receiver that takes the place of one that died', () => {
  test('goes on with its work under a higher epoch', async () => {
    const top = new BenchTop(51);
    const a = await top.receiver({ receiver: 'r-a', slabs: 2 });
    const station = await top.station();
    const sample = top.sample(10 * UNIT_BYTES);
    station.push(sample);
    await top.until('half', () => station.haves.some((have) => (have.received[0]?.[1] ?? 0) >= 5));
    await a.broker.close(false); // it hears and says nothing any more; its files stay as they are
    const [claim] = station.claims;
    const claims = station.claims.length;
    const b = await top.receiver({ receiver: 'r-b', slabs: 2 });
    await top.until('claim', () => station.claims.length > claims, 300_000);
    expect(b.vault.epoch).toBeGreaterThan(claim?.epoch ?? Number.POSITIVE_INFINITY);
    expect(b.log.messages('warn')).toContain(
      'the last receiver on this vault ended without a word, its work is taken over',
    );
    const before = station.sentUnits;
    await top.until('receipt', receipted(station, sample), 300_000);
    expect(station.receipts.get(sample.recording)?.receiver).toBe('r-b');
    expect(station.sentUnits - before).toBeLessThanOrEqual(6);
    expectStored(top, sample);
  });
});

import { describe, expect, test } from 'vitest';
import { makeSegmentId, type RecordingId } from '../../../../protocol/format/ids.ts';
import { encodeKeyRevocation } from '../../../../protocol/documents/key-documents.ts';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { REVOCATIONS_MS, REVOKED_USE_MS } from '../../../../agent/receiver/limits.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { BenchTop, STATION_KEY, type RunningReceiver } from '../bench-top.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { makeDockingSample } from '../docking-sample.ts';
import { makeSample, STATION, type Sample } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const NEXT_KEY = makeSecretKey(new SeededRandom(12));
const KEY_ID = keyIdHex(STATION_KEY.keyId);
const PATH = `/vault/${STATION}/keys/${KEY_ID}.revocation.json`;
const CONDITION = 'receiver.key-revoked';

async function bench(
  seed: number,
): Promise<{ top: BenchTop; receiver: RunningReceiver; station: ScriptedStation }> {
  const top = new BenchTop(seed);
  const stations = [{ id: STATION, publicKeys: [publicKeyOf(STATION_KEY), publicKeyOf(NEXT_KEY)] }];
  return { top, receiver: await top.receiver({ stations }), station: await top.station() };
}

/** As `bodydock-receiver revoke` leaves it; running receivers have noticed it when it resolves. */
async function revoke(top: BenchTop): Promise<void> {
  const revocation = encodeKeyRevocation({
    type: 'key-revocation',
    version: 1,
    station: STATION,
    key_id: KEY_ID,
    reason: 'stolen',
    revoked_at: '2026-11-25T09:00:00.000Z',
  });
  top.disk.plant(`${PATH}.minisig`, 'a signature of the store\n');
  top.disk.plant(PATH, revocation);
  await top.clock.advance(REVOCATIONS_MS);
}

async function offered(top: BenchTop, station: ScriptedStation, sample: Sample): Promise<void> {
  const count = station.refusals.length + station.receipts.size;
  await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
  await top.until('answer', () => station.refusals.length + station.receipts.size > count);
}

/** What lies in the quarantine, as text. */
function aside(top: BenchTop): string {
  return [...top.disk.tree('/vault/.quarantine').values()]
    .map((bytes) => Buffer.from(bytes ?? []).toString())
    .join('\n');
}

function bySuccessor(top: BenchTop): Sample {
  return makeSample(top.random, NEXT_KEY, 100);
}

describe('a revoked key', () => {
  test('is refused for good, what it signed is kept apart, and the next key goes on', async () => {
    const { top, receiver, station } = await bench(1);
    await revoke(top);
    const [recording, docking] = [top.sample(100), makeDockingSample(top.random, STATION_KEY)];
    await offered(top, station, recording);
    await station.offerDocking(docking);
    await top.until('refusals', () => station.refusals.length === 2);
    for (const refusal of station.refusals)
      expect(refusal).toMatchObject({ verb: 'never', reason: 'key-revoked' });
    for (const { offer } of [recording, docking]) {
      expect(aside(top)).toContain(Buffer.from(offer.bytes).toString());
      expect(aside(top)).toContain(JSON.stringify(offer.signature));
    }
    expect(receiver.conditions.facts(CONDITION, STATION)).toEqual({
      recording: docking.recording,
      key_id: KEY_ID,
    });
    const next = bySuccessor(top);
    station.push(next);
    await top.until('receipt', () => station.receipts.has(next.recording));
    expect([...station.receipts.keys()]).toEqual([next.recording]);
    expect(receiver.conditions.isRaised(CONDITION, STATION)).toBe(true);
    await top.clock.advance(REVOKED_USE_MS + 1000);
    expect(receiver.conditions.isRaised(CONDITION, STATION)).toBe(false);
  });

  test('does not undo a receipt from before: it is given again', async () => {
    const { top, station } = await bench(2);
    const [recording, docking] = [top.sample(100), makeDockingSample(top.random, STATION_KEY)];
    station.push(recording);
    await station.offerDocking(docking);
    await top.until('receipts', () => station.receipts.size === 2);
    const texts = new Map<RecordingId, string>(station.receiptTexts);
    await revoke(top);
    station.receipts.clear();
    await offered(top, station, recording);
    await station.offerDocking(docking);
    await top.until('receipts again', () => station.receipts.size === 2);
    expect(new Map(station.receiptTexts)).toEqual(texts);
    expect(station.refusals).toEqual([]);
  });

  test('gets no receipt again for a recording whose sealed file is gone', async () => {
    const { top, station } = await bench(5);
    const recording = top.sample(100);
    station.push(recording);
    await top.until('receipt', () => station.receipts.size === 1);
    await top.disk.unlink(`/vault/${STATION}/${recording.recording}/payload.age`);
    await revoke(top);
    station.receipts.clear();
    await offered(top, station, recording);
    expect([station.receipts.size, station.refusals.length]).toEqual([0, 1]);
  });

  test('that is revoked in the middle of a recording: no receipt, whether it is offered again or comes whole', async () => {
    for (const again of [true, false]) {
      const { top, receiver, station } = await bench(again ? 3 : 4);
      const sample = top.sample(6 * UNIT_BYTES);
      const gate = { closed: true };
      top.hub.fate = ({ qos }) => (qos === 0 && gate.closed ? [] : [{}]);
      station.push(sample);
      await top.until('claim', () => station.claims.length > 0);
      await revoke(top);
      if (again) {
        await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
        await top.until('refusal', () => station.refusals.length > 0);
      }
      gate.closed = false;
      await top.until('refusal', () => station.refusals.length > 0);
      expect(station.refusals[0]).toMatchObject({ verb: 'never', reason: 'key-revoked' });
      await top.clock.advance(60_000);
      expect(station.receipts.size).toBe(0);
      expect(top.disk.tree(`/vault/${STATION}/${sample.recording}`).size).toBe(0);
      expect([...top.disk.tree('/vault/.quarantine').keys()].join()).toContain(sample.recording);
      expect(aside(top)).toContain(Buffer.from(sample.offer.bytes).toString());
      await receiver.stop();
      expect(top.disk.openFiles).toBe(0);
    }
  });

  test('closes no entry of a custody log any more; what came goes to the quarantine, and the next key goes on', async () => {
    const { top, receiver, station } = await bench(5);
    const old = new SegmentMaker(STATION, makeSegmentId(top.random), STATION_KEY).checkpoint();
    const send = (log: SegmentMaker, from: number): Promise<void> =>
      station.publish(station.topics.custody(log.segment, from), log.batch(from));
    await send(old, 1);
    await top.until('answer', () => station.custody.length === 1);
    await revoke(top);
    const later = old.lines.length + 1;
    old.add('agent-stopped').checkpoint();
    await send(old, later);
    await top.clock.advance(1000);
    expect(station.custody).toHaveLength(1);
    expect(receiver.conditions.isRaised(CONDITION, STATION)).toBe(true);
    expect(aside(top)).toContain(old.batch(later).toString());
    const last = { segment: old.segment, head: { sequence: 2, sha256: station.custody[0]?.sha256 ?? '' } };
    const next = new SegmentMaker(STATION, makeSegmentId(top.random), NEXT_KEY, last)
      .add('key-changed', { old_key_id: KEY_ID, new_key_id: keyIdHex(NEXT_KEY.keyId) })
      .checkpoint();
    await send(next, 1);
    await top.until('answer', () => station.custody.length === 2);
    expect(station.custody[1]).toMatchObject({ segment: next.segment, sequence: 3 });
    expect(receiver.conditions.isRaised('custody.fork', STATION)).toBe(false);
  });

  test('counts as revoked where its document cannot be read, and somebody is told', async () => {
    const { top, receiver, station } = await bench(6);
    top.disk.plant(PATH, '{"torn');
    await top.clock.advance(REVOCATIONS_MS);
    await offered(top, station, top.sample(100));
    expect(station.refusals[0]).toMatchObject({ reason: 'key-revoked' });
    expect(receiver.conditions.facts('keys.revocation-damaged', STATION)).toEqual({ key_id: KEY_ID });
  });

  test('is looked for again where the folder could not be read: until then nobody is answered', async () => {
    const { top, station } = await bench(7);
    await revoke(top);
    top.disk.fail({ operation: 'list', nth: 1, code: 'EIO', path: `/${STATION}/keys` });
    const sample = top.sample(100);
    await station.publish(station.topics.offer(sample.recording), station.offerOf(sample));
    await top.clock.advance(100);
    expect([station.refusals, station.claims]).toEqual([[], []]);
    await offered(top, station, sample);
    expect(station.refusals[0]).toMatchObject({ reason: 'key-revoked' });
  });
});

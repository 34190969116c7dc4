// The store's key changes, and stations pin the new one alone: what the old key receipted and a station never heard of is receipted by the new key
// once the station goes on offering it. Whoever counts the old key gets the receipt that lies in the vault, and nothing changes there.
import { expect, test } from 'vitest';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import {
  DELETION_TRUSTED_COMMENT,
  encodeDeletionRecord,
} from '../../../../protocol/documents/deletion-record.ts';
import { parseReceiverId, type RecordingId } from '../../../../protocol/format/ids.ts';
import {
  encodeKeyChange,
  KEY_CHANGE_TRUSTED_COMMENT,
  keyChangeName,
} from '../../../../protocol/documents/key-documents.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  signatureKeyId,
  keyIdHex,
  type SecretKey,
} from '../../../../protocol/documents/minisign.ts';
import { parseReceipt } from '../../../../protocol/documents/receipt.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { BenchTop, STATION_KEY, STORE_KEY, type RunningReceiver } from '../bench-top.ts';
import { makeDockingSample } from '../docking-sample.ts';
import { signFast } from '../fast-signer.ts';
import { STATION, type Sample } from '../sample.ts';
import type { ScriptedStation } from '../scripted-station.ts';

const NEXT_KEY = makeSecretKey(new SeededRandom(12));
const RECEIVER = parseReceiverId('r-a');

/** A recording in place with its receipt by the old key, of which the station never heard. */
class Store {
  readonly top: BenchTop;
  readonly name: RecordingId;
  /** Of the receipt that lies there. */
  readonly first: string;
  readonly offer: (station: ScriptedStation) => unknown;

  private constructor(top: BenchTop, name: RecordingId, offer: (station: ScriptedStation) => unknown) {
    this.top = top;
    this.name = name;
    this.offer = offer;
    this.first = sha256Hex(this.file('receipt.json'));
  }

  static async open(seed: number, kind: 'recording' | 'docking' = 'recording'): Promise<Store> {
    const top = new BenchTop(seed);
    const receiver = await top.receiver();
    const station = await top.station();
    const sample = kind === 'docking' ? makeDockingSample(top.random, STATION_KEY) : top.sample(700_000);
    const isSealed = (it: typeof sample): it is Sample => 'payload' in it;
    const offer = (to: ScriptedStation): unknown =>
      isSealed(sample) ? to.push(sample) : to.offerDocking(sample);
    await offer(station);
    await top.until('receipt', () => station.receipts.has(sample.recording));
    await station.stop();
    await receiver.stop();
    await receiver.broker.close(true);
    return new Store(top, sample.recording, offer);
  }

  path(name: string): string {
    return `/vault/${STATION}/${this.name}/${name}`;
  }

  file(name: string): Uint8Array {
    return this.top.disk.peek(this.path(name)) ?? new Uint8Array(0);
  }

  get signer(): string | undefined {
    return signatureKeyId(Buffer.from(this.file('receipt.json.minisig')).toString());
  }

  /** As `rotate` does. */
  change(): void {
    const bytes = encodeKeyChange({
      type: 'key-change',
      version: 1,
      holder: RECEIVER,
      old_key: publicKeyLine(publicKeyOf(STORE_KEY)),
      new_key: publicKeyLine(publicKeyOf(NEXT_KEY)),
      reason: 'planned',
      changed_at: '2026-11-25T09:00:00.000Z',
    });
    const path = `/vault/${RECEIVER}/keys/${keyChangeName(bytes)}`;
    const sign = (key: SecretKey): Uint8Array =>
      Buffer.from(signFast(key, bytes, KEY_CHANGE_TRUSTED_COMMENT));
    this.top.disk.plant(path, bytes);
    this.top.disk.plant(`${path}.minisig`, sign(STORE_KEY));
    this.top.disk.plant(`${path}.new.minisig`, sign(NEXT_KEY));
  }

  /** The receiver with the new key, and a station that pins this one and offers until it has a receipt. */
  async offered(
    pinned: SecretKey,
    pauseMs?: number,
  ): Promise<{ receiver: RunningReceiver; station: ScriptedStation }> {
    const receiver = await this.top.receiver({ key: NEXT_KEY });
    return { receiver, station: await this.station(pinned, pauseMs) };
  }

  async station(pinned: SecretKey, pauseMs = 4000): Promise<ScriptedStation> {
    const logKeys = [STORE_KEY, NEXT_KEY].map(publicKeyOf);
    const station = await this.top.station({ storeKey: publicKeyOf(pinned), logKeys });
    for (let turn = 0; turn < 40 && !station.receipts.has(this.name); turn++) {
      if (turn === 0 || this.file('docking.json').length > 0) await this.offer(station);
      await this.top.clock.advance(pauseMs);
    }
    return station;
  }
}

/** Between two offers: longer than any that only wait. */
const LONG_MS = 70_000;

const idOf = (key: SecretKey): string => keyIdHex(publicKeyOf(key).keyId);

for (const kind of ['recording', 'docking'] as const) {
  test(`a receipt by an earlier key of the store's own is signed anew, and its words stay: ${kind}`, async () => {
    const store = await Store.open(1, kind);
    store.change();
    const { station } = await store.offered(NEXT_KEY);
    expect(station.receiptTexts.get(store.name)).toBe(store.first);
    expect(sha256Hex(store.file('receipt.json'))).toBe(store.first);
    expect(store.signer).toBe(idOf(NEXT_KEY));
    expect(station.refusedReceipts.length).toBeGreaterThan(0);
  });

  test(`in the place of one by a key that nobody knows another one is made: ${kind}`, async () => {
    const store = await Store.open(2, kind);
    const before = parseReceipt(store.file('receipt.json')).received_at;
    const { station } = await store.offered(NEXT_KEY, LONG_MS);
    const given = station.receipts.get(store.name);
    expect(station.receiptTexts.get(store.name)).toBe(sha256Hex(store.file('receipt.json')));
    expect(station.receiptTexts.get(store.name)).not.toBe(store.first);
    expect((given?.received_at ?? '') > before).toBe(true);
    expect(store.signer).toBe(idOf(NEXT_KEY));
  });

  test(`a station that counts the old key is given what lies there, and the vault stays as it is: ${kind}`, async () => {
    const store = await Store.open(3, kind);
    store.change();
    const { station } = await store.offered(STORE_KEY);
    expect(station.receiptTexts.get(store.name)).toBe(store.first);
    expect(store.signer).toBe(idOf(STORE_KEY));
  });
}

test('offers that waited in a broker and come all at once change nothing', async () => {
  const store = await Store.open(4);
  const receiver = await store.top.receiver({ key: NEXT_KEY });
  const station = await store.top.station({ storeKey: publicKeyOf(NEXT_KEY) });
  for (let turn = 0; turn < 30; turn++) {
    store.offer(station);
    await store.top.clock.advance(50);
  }
  expect(station.refusedReceipts.length).toBeGreaterThan(3);
  expect(store.signer).toBe(idOf(STORE_KEY));
  expect(receiver.conditions.codes()).toEqual([]);
});

test.each([true, false])(
  'one whose bytes do not hold is received anew instead; the key is known: %s',
  async (isKnown) => {
    const store = await Store.open(5);
    if (isKnown) store.change();
    const flip = (bytes: Uint8Array): Uint8Array => bytes.with(600_000, (bytes[600_000] ?? 0) ^ 1);
    store.top.disk.corrupt(store.path('payload.age'), flip);
    const { receiver, station } = await store.offered(NEXT_KEY, isKnown ? undefined : LONG_MS);
    expect(station.receiptTexts.get(store.name)).not.toBe(store.first);
    expect(station.claims).toHaveLength(1);
    expect(receiver.conditions.codes()).toContain('vault.recording-damaged');
  },
);

test.each([
  ['the store itself deleted', STORE_KEY, NEXT_KEY],
  ['somebody else calls deleted', makeSecretKey(new SeededRandom(13)), STORE_KEY],
])('of a recording that %s the receipt is signed by the key that is due', async (_what, deleter, due) => {
  const store = await Store.open(7);
  store.change();
  const receipt = parseReceipt(store.file('receipt.json'));
  const bytes = encodeDeletionRecord({
    type: 'deletion-record',
    version: 1,
    station: STATION,
    recording: store.name,
    receiver: RECEIVER,
    vault: receipt.vault,
    manifest_sha256: receipt.manifest_sha256,
    receipt_sha256: store.first,
    sealed_size_bytes: receipt.sealed_size_bytes,
    reason: 'expired',
    retention: { days: 14, basis: 'received', from_at: receipt.received_at, due_at: receipt.received_at },
    order_sha256: null,
    deleted_at: receipt.received_at,
  });
  const { disk } = store.top;
  disk.plant(store.path('deletion.json'), bytes);
  disk.plant(
    store.path('deletion.json.minisig'),
    Buffer.from(signFast(deleter, bytes, DELETION_TRUSTED_COMMENT)),
  );
  await disk.unlink(store.path('payload.age'));
  await disk.unlink(store.path('chunks.bin'));
  const { station } = await store.offered(NEXT_KEY);
  expect(store.signer).toBe(idOf(due));
  expect(sha256Hex(store.file('receipt.json'))).toBe(store.first);
  expect(station.refusals).toEqual([]);
  expect(station.receipts.has(store.name)).toBe(due === NEXT_KEY);
});

test('of two receivers on one vault none replaces what the other one gave, nor signs its words', async () => {
  const store = await Store.open(8);
  const otherKey = makeSecretKey(new SeededRandom(14));
  store.change();
  await store.top.receiver({ key: otherKey, receiver: 'r-b' });
  const station = await store.station(otherKey, LONG_MS);
  expect(station.receipts.has(store.name)).toBe(false);
  expect(new Set(station.refusedReceipts).size).toBe(1);
  expect([sha256Hex(store.file('receipt.json')), store.signer]).toEqual([store.first, idOf(STORE_KEY)]);
});

test('a station that counts the key, and offers some more times because its log is slow, leaves the vault as it is', async () => {
  const store = await Store.open(9);
  await store.top.receiver({ key: NEXT_KEY });
  const station = await store.top.station({ storeKey: publicKeyOf(STORE_KEY) });
  for (const pauseMs of [1000, 2000, 4000, 8000, 16_000, 32_000]) {
    store.offer(station);
    await store.top.clock.advance(pauseMs);
  }
  expect([sha256Hex(store.file('receipt.json')), store.signer]).toEqual([store.first, idOf(STORE_KEY)]);
});

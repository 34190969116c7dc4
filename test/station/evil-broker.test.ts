import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseReceiverId, parseRecordingId, type SessionId } from '../../protocol/format/ids.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { parseManifest, type Manifest } from '../../protocol/documents/manifest.ts';
import { encodeMessage, encodeSignedBody, messageField } from '../../protocol/transfer/messages.ts';
import {
  keyIdHex,
  makeSecretKey,
  signDocument,
  signMessage,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { encodeReceipt, RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../protocol/documents/receipt.ts';
import { BASE, DockAndStore, STATION } from '../fakes/dock-and-store.ts';
import type { MemoryBroker } from '../fakes/broker-memory.ts';

let dock: DockAndStore;
afterEach(() => dock.close());
const receiver = parseReceiverId('r-a');

/** A station with one spooled recording and no store, and somebody who can publish anything. */
async function spooled(): Promise<{
  evil: MemoryBroker;
  manifest: Manifest;
  manifestBytes: Buffer;
  down: string;
}> {
  dock = await DockAndStore.open();
  dock.camera.put('a.mp4', randomBytes(700_000));
  await dock.startStation();
  await dock.until('spooled', () => dock.bay()['light'] === 'safe-to-take');
  const ready = join(dock.folder, 'spool', 'ready');
  const [name = ''] = await readdir(ready);
  const manifestBytes = await readFile(join(ready, name, 'manifest.json'));
  const evil = dock.hub.client('evil');
  evil.start();
  await dock.until('connected', () => evil.connected);
  return {
    evil,
    manifest: parseManifest(manifestBytes),
    manifestBytes,
    down: `${BASE}/v1/${STATION}/down/${name}`,
  };
}

function receiptFor(manifest: Manifest, manifestBytes: Uint8Array, over: Partial<Receipt> = {}): Receipt {
  return {
    type: 'receipt',
    version: 1,
    kind: 'recording',
    recording: manifest.recording,
    station: manifest.station,
    manifest_sha256: sha256Hex(manifestBytes),
    sealed_size_bytes: manifest.sealed.size_bytes,
    chunks_sha256: manifest.sealed.chunks_sha256,
    receiver,
    vault: 'abcdefghijklmnopqrstuvwxye' as SessionId,
    custody_head: null,
    received_at: '2026-11-25T09:31:00.000Z',
    ...over,
  };
}

function receiptMessage(receipt: Receipt, key: SecretKey, comment = RECEIPT_TRUSTED_COMMENT): Uint8Array {
  const bytes = encodeReceipt(receipt);
  return encodeMessage({
    message: 'receipt',
    receiver,
    receipt: messageField(bytes),
    signature: signDocument(key, bytes, comment),
  });
}

const waitABit = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 700));

test('no forged, foreign or broken receipt releases anything, and the true one still does', async () => {
  const { evil, manifest, manifestBytes, down } = await spooled();
  const strange = makeSecretKey(nodeRandom());
  const other = parseRecordingId('abcdefghijklmnopqrstuvwxya');
  const good = receiptFor(manifest, manifestBytes);
  const forged: Uint8Array[] = [
    receiptMessage(good, strange),
    receiptMessage(good, dock.stationKey),
    receiptMessage(good, dock.storeKey, 'bodydock recording-manifest'),
    receiptMessage({ ...good, recording: other }, dock.storeKey),
    receiptMessage({ ...good, sealed_size_bytes: good.sealed_size_bytes - 1 }, dock.storeKey),
    receiptMessage({ ...good, chunks_sha256: '0'.repeat(64) }, dock.storeKey),
    receiptMessage({ ...good, manifest_sha256: '0'.repeat(64) }, dock.storeKey),
    Buffer.from('{"message":"receipt"'),
    Buffer.from('[[[[[[[[[[[[[[[[[[[[[[[['),
    Buffer.from('{"message":"receipt","receiver":"r-a","receipt":"AAAA","signature":"","__proto__":{"x":1}}'),
    Buffer.alloc(1_000_000, 0x20),
    Buffer.alloc(0),
    randomBytes(2000),
  ];
  for (const payload of forged) await evil.publish(down, payload, { qos: 1 });
  await waitABit();
  expect(dock.camera.files()).toHaveLength(1);
  expect(await readdir(join(dock.folder, 'spool', 'ready', manifest.recording))).not.toContain(
    'receipt.json',
  );
  expect(dock.conditions.isRaised('receipt.refused', manifest.recording)).toBe(true);
  await dock.startReceiver();
  await dock.until('erased', () => dock.camera.files().length === 0);
});

test('a true receipt that is retained, or for a recording that is not here, has no effect', async () => {
  const { evil, manifest, manifestBytes, down } = await spooled();
  const receipt = receiptMessage(receiptFor(manifest, manifestBytes), dock.storeKey);
  dock.hub.cut('station');
  await evil.publish(down, receipt, { qos: 1, retain: true });
  await dock.until('connected again', () => dock.log.lines.length > 0 && dock.bay()['state'] !== undefined);
  await waitABit();
  await evil.publish(down.replace(manifest.recording, 'abcdefghijklmnopqrstuvwxya'), receipt, { qos: 1 });
  await waitABit();
  expect(dock.camera.files()).toHaveLength(1);
});

test('a claim by a key that is not pinned, or for an unlisted receiver, draws no byte', async () => {
  const { evil, manifest, manifestBytes, down } = await spooled();
  const topics: string[] = [];
  let session = '';
  evil.onMessage(({ topic, payload }) => {
    topics.push(topic);
    if (topic.includes('/up/offer/'))
      session = (JSON.parse(Buffer.from(payload).toString()) as { session: string }).session;
  });
  await evil.subscribe(`${BASE}/v1/${STATION}/up/#`);
  dock.hub.cut('station');
  await dock.until('an offer', () => session !== '');
  const claim = (name: string, key: SecretKey): Uint8Array => {
    const body = encodeSignedBody({
      message: 'claim',
      station: STATION,
      recording: manifest.recording,
      receiver: parseReceiverId(name),
      session: session as SessionId,
      epoch: 9,
      message_bytes_max: 524_288,
      lease_ms: 60_000,
      manifest_sha256: sha256Hex(manifestBytes),
    });
    return encodeMessage({
      message: 'claim',
      body,
      signature: signMessage(key, body),
      key_id: keyIdHex(key.keyId),
    });
  };
  await evil.publish(down, claim('r-a', makeSecretKey(nodeRandom())), { qos: 1 });
  await evil.publish(down, claim('r-z', dock.storeKey), { qos: 1 });
  await waitABit();
  expect(topics.filter((topic) => /\/up\/r-/.test(topic))).toEqual([]);
  const shown = (): boolean => dock.retained('condition/store.unknown-key').includes('"severity":"error"');
  await dock.until('the strange key is shown', shown);
  await evil.publish(down, claim('r-a', dock.storeKey), { qos: 1 });
  await dock.until('the true claim is followed', () => topics.some((topic) => topic.includes('/up/r-a/')));
});

test('no message that passes the broker shows a byte of the original, its name or the identity', async () => {
  dock = await DockAndStore.open();
  const marker = Buffer.from('MARKED-VIDEO-PATTERN-0123456789');
  const seen: Buffer[] = [];
  dock.hub.fate = ({ topic, payload }) => {
    seen.push(Buffer.concat([Buffer.from(topic), payload]));
    return [{}];
  };
  dock.camera.put('Officer-Jane-Doe.mp4', Buffer.concat(Array.from({ length: 30_000 }, () => marker)), {
    vendor: { owner: 'Jane Doe' },
  });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('erased', () => dock.camera.files().length === 0);
  const all = Buffer.concat(seen);
  for (const secret of [marker.toString(), 'Jane', 'Officer', dock.identity.identity])
    expect(all.includes(secret)).toBe(false);
  const logged = JSON.stringify([dock.log.lines, dock.storeLog.lines, dock.conditions.history]);
  for (const secret of ['Jane', 'Officer', dock.identity.identity])
    expect(logged.includes(secret)).toBe(false);
});

test('a second store on a vault of its own, whose key nobody pinned, gets and frees nothing; the pinned one does', async () => {
  dock = await DockAndStore.open();
  const wrong = { vault: 'other-vault', key: makeSecretKey(nodeRandom()) };
  await mkdir(join(dock.folder, wrong.vault));
  dock.camera.put('a.mp4', randomBytes(700_000));
  await dock.startReceiver('r-b', wrong);
  await dock.startStation();
  await dock.until('the strange key is told', () => dock.conditions.isRaised('store.unknown-key', null));
  expect(dock.camera.files()).toHaveLength(1);
  await dock.startReceiver('r-a');
  await dock.until('erased', () => dock.camera.files().length === 0);
  const receipts = await Promise.all(
    [...(await dock.receipted()).keys()].map((folder) => readFile(join(folder, 'receipt.json'), 'utf8')),
  );
  expect(receipts.map((text) => (JSON.parse(text) as Receipt).receiver)).toEqual(['r-a']);
  const others = await readdir(join(dock.folder, wrong.vault, STATION)).catch(() => []);
  expect(others.filter((name) => name !== 'custody')).toEqual([]);
});

test('a second receiver by mistake, with the same key on a vault of its own: its receipts free nothing, and each recording gets to the vault of before', async () => {
  dock = await DockAndStore.open();
  const other = { vault: 'other-vault', key: dock.storeKey };
  await mkdir(join(dock.folder, other.vault));
  await dock.startReceiver('r-a');
  await dock.startStation();
  dock.camera.put('a.mp4', randomBytes(1_700_000));
  await dock.until('erased', () => dock.camera.files().length === 0);
  await dock.startReceiver('r-b', other);
  for (const name of ['b.mp4', 'c.mp4']) dock.camera.put(name, randomBytes(1_700_000));
  await dock.until('erased too', () => dock.camera.files().length === 0, 120_000);
  expect((await dock.receipted()).size).toBe(3);
  let whole = 0;
  for (const vault of ['vault', other.vault]) {
    const place = join(dock.folder, vault, STATION);
    const ids = (await readdir(place).catch(() => [])).filter((name) => /^[a-z2-7]{26}$/.test(name));
    const known = JSON.parse(await readFile(join(dock.folder, vault, 'vault.json'), 'utf8')) as Receipt;
    for (const each of ids) {
      const names = await readdir(join(place, each));
      if (names.includes('docking.json')) continue;
      expect(names.sort()).toEqual([
        'chunks.bin',
        'manifest.json',
        'manifest.json.minisig',
        'payload.age',
        'receipt.json',
        'receipt.json.minisig',
      ]);
      const receipt = JSON.parse(await readFile(join(place, each, 'receipt.json'), 'utf8')) as Receipt;
      expect(receipt).toMatchObject({ vault: known.vault, receiver: vault === 'vault' ? 'r-a' : 'r-b' });
      whole++;
    }
  }
  expect(whole).toBeGreaterThanOrEqual(3);
});

// A second machine has the store's key (a test, a copy), and the broker is hostile: it answers offers by receipts of a vault that is thrown away, of a
// receiver that is not listed, dated 1971, in messages that name the listed one. The files must stay on their camera.
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeSecretKey } from '../../../protocol/documents/minisign.ts';
import { BASE, DockAndStore, STATION } from '../../fakes/dock-and-store.ts';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

type Loose = Readonly<Record<string, unknown>>;
const PREFIX = `${BASE}/v1/${STATION}`;
const OTHER_VAULT = 'a'.repeat(26);
const LONG_AGO = '1971-01-01T00:00:00.000Z';

describe.skipIf(lacksTools('minisign'))('a receipt by the key of the store, for another vault', () => {
  let dock: DockAndStore;
  let broker: ReturnType<DockAndStore['hub']['client']>;
  /** The good one of before; what the next one says in its place. */
  let good: Loose;
  let lies: Loose = {};

  /** By the key alone, with stock minisign, in a message that nobody signs. */
  async function answer(recording: string, manifest: Loose, bytes: Buffer): Promise<void> {
    const sealed = manifest['sealed'] as Loose | undefined;
    if (sealed === undefined) return; // a docking record
    const receipt = canonical({
      ...good,
      recording,
      manifest_sha256: sha256(bytes),
      sealed_size_bytes: sealed['size_bytes'],
      chunks_sha256: sealed['chunks_sha256'],
      custody_head: null,
      received_at: LONG_AGO,
      ...lies,
    });
    const signature = await signWithMinisign(receipt, join(dock.folder, 'store.key'), 'bodydock receipt');
    const message = { message: 'receipt', receiver: 'r-a', receipt: Buffer.from(receipt).toString('base64') };
    const payload = Buffer.from(JSON.stringify({ ...message, signature }));
    await broker.publish(`${PREFIX}/down/${recording}`, payload, { qos: 1 });
  }

  /** A station that has pinned the vault of one recording, whose store is away, behind a broker that reads its offers. */
  beforeAll(async () => {
    dock = await DockAndStore.open({ hasFastSigner: true });
    dock.camera.put('DCIM/A.MP4', randomBytes(900));
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('erased', () => dock.camera.files().length === 0);
    const station = join(dock.folder, 'vault', STATION);
    for (const name of await readdir(station)) {
      const text = await readFile(join(station, name, 'receipt.json'), 'utf8').catch(() => '{}');
      const receipt = JSON.parse(text) as Loose;
      if (receipt['kind'] === 'recording') good = receipt;
    }
    await dock.stopReceiver();
    await writeFile(join(dock.folder, 'store.key'), encodeSecretKey(dock.storeKey));
    broker = dock.hub.client('hostile broker');
    broker.onMessage(({ topic, payload }) => {
      const recording = topic.slice(`${PREFIX}/up/offer/`.length);
      const offer = JSON.parse(Buffer.from(payload).toString()) as { manifest: string };
      const bytes = Buffer.from(offer.manifest, 'base64');
      void answer(recording, JSON.parse(bytes.toString()) as Loose, bytes);
    });
    await broker.subscribe(`${PREFIX}/up/offer/+`);
    broker.start();
  }, 60_000);
  afterAll(() => dock.close());

  const reasons = async (): Promise<unknown[]> =>
    (await dock.custody())
      .filter(({ event }) => event === 'receipt-refused')
      .map(({ facts }) => facts['reason']);

  test.each<[string, Loose]>([
    ['of a receiver that is not listed', { receiver: 'r-old-or-test' }],
    ['of another vault', { vault: OTHER_VAULT }],
    ['of both', { receiver: 'r-old-or-test', vault: OTHER_VAULT }],
  ])('%s is refused and entered, and erases nothing', async (name, says) => {
    lies = says;
    const before = (await reasons()).length;
    dock.camera.detach();
    await dock.until('taken out', () => dock.bay()['state'] === 'empty');
    const files = dock.camera.files().length;
    dock.camera.put(`DCIM/${name}.MP4`, randomBytes(900));
    dock.camera.attach();
    await dock.until('refused', async () => (await reasons()).length > before);
    expect((await reasons()).slice(before)).toEqual(['receipt.other-store']);
    expect(dock.conditions.codes()).toContain('receipt.refused');
    expect(dock.camera.files()).toHaveLength(files + 1);
  });
});

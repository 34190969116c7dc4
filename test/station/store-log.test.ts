// The store's log as stations see it (SPEC 4.15, 6.12), with a whole station and a whole store: a receipt's proof judged by stock tools, and stores that
// lost, took away or wrote again the end of their log.
import { execFile } from 'node:child_process';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { publicKeyOf } from '../../protocol/documents/minisign.ts';
import { type ReceiptMessage, messageBytes, parseDown } from '../../protocol/transfer/messages.ts';
import { scaledClock } from '../fakes/clock-scaled.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';
import { sayRestored } from '../fakes/restored-store.ts';
import { lacksTools } from '../fakes/stock-tools.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const keeper = (): string => join(dock.folder, 'vault', 'r-a');
const vault = (): string => join(dock.folder, 'vault');

const onCamera = (name: string): boolean =>
  dock.camera.files().some(({ path }) => Buffer.from(path).toString().endsWith(name));

async function open(): Promise<void> {
  dock = await DockAndStore.open({ hasFastSigner: true, clock: scaledClock(10) });
  await dock.startReceiver();
  await dock.startStation();
}

/** A file on the camera that is receipted, and erased from there. */
async function deliver(name: string): Promise<void> {
  dock.camera.put(name, Buffer.from(`film ${name}`));
  await dock.until(`${name} erased`, () => !onCamera(name), 30_000);
}

/** What somebody with Python's standard library and openssl makes of a tlog-proof, from the texts of RFC 9162 and C2SP alone. */
const JUDGE = `
import base64, hashlib, json, struct, subprocess, sys
folder = sys.argv[1]
entry = open(folder + '/entry', 'rb').read()
proof, _, note = open(folder + '/proof', encoding='utf-8').read().partition('\\n\\n')
head, index, *hashes = proof.split('\\n')
assert head == 'c2sp.org/tlog-proof@v1'
index = int(index.removeprefix('index '))
text, _, signature = note.rpartition('\\n\\n')
text += '\\n'
origin, size, root = text.split('\\n')[:3]
node, at, last = hashlib.sha256(b'\\0' + entry).digest(), index, int(size) - 1
for each in map(base64.b64decode, hashes):
    if at % 2 or at == last:
        node = hashlib.sha256(b'\\1' + each + node).digest()
        while at and at % 2 == 0: at, last = at >> 1, last >> 1
    else:
        node = hashlib.sha256(b'\\1' + node + each).digest()
    at, last = at >> 1, last >> 1
assert last == 0 and base64.b64encode(node).decode() == root, 'not in the tree'
dash, name, blob = signature.rstrip('\\n').split(' ')
key = open(folder + '/key', 'rb').read()
blob = base64.b64decode(blob)
assert dash == '\\u2014' and name == origin
assert blob[:4] == hashlib.sha256(origin.encode() + b'\\n\\1' + key).digest()[:4], 'key id'
open(folder + '/text', 'w', encoding='utf-8').write(text)
open(folder + '/signature', 'wb').write(blob[4:])
open(folder + '/key.der', 'wb').write(bytes.fromhex('302a300506032b6570032100') + key)
subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-keyform', 'DER', '-inkey', folder + '/key.der', '-rawin', '-in', folder + '/text', '-sigfile', folder + '/signature'], check=True, stdout=subprocess.DEVNULL)
print(json.dumps({'origin': origin, 'size': int(size), 'index': index, 'event': json.loads(entry)['event'], 'facts': json.loads(entry)['facts']}))
`;

test.skipIf(lacksTools('python3', 'openssl'))(
  'a receipt on its way is proven to be in the store’s log by a few lines of Python and openssl',
  async () => {
    dock = await DockAndStore.open({ hasFastSigner: true, clock: scaledClock(10) });
    const receipts: ReceiptMessage[] = [];
    dock.hub.fate = ({ from, payload }) => {
      if (from === 'r-a' && Buffer.from(payload).includes('"message":"receipt"')) {
        const message = parseDown(payload);
        if (message.message === 'receipt') receipts.push(message);
      }
      return [{}];
    };
    for (const name of ['A.MP4', 'B.MP4', 'C.MP4']) dock.camera.put(name, Buffer.from(`film ${name}`));
    await dock.startReceiver();
    await dock.startStation();
    await dock.until('erased', () => dock.camera.files().length === 0, 60_000);
    expect(receipts.length).toBeGreaterThanOrEqual(3);
    await writeFile(join(dock.folder, 'judge.py'), JUDGE);
    for (const { receipt, log } of receipts) {
      const { recording, vault: id } = JSON.parse(Buffer.from(messageBytes(receipt)).toString()) as Record<
        string,
        string
      >;
      await writeFile(join(dock.folder, 'entry'), log?.entry ?? '');
      await writeFile(join(dock.folder, 'proof'), log?.proof ?? '');
      await writeFile(join(dock.folder, 'key'), publicKeyOf(dock.storeKey).key);
      const { stdout } = await promisify(execFile)('python3', [join(dock.folder, 'judge.py'), dock.folder]);
      expect(JSON.parse(stdout)).toMatchObject({
        origin: `bodydock/${id}/r-a`,
        event: 'receipt',
        facts: { recording },
      });
    }
  },
);

test('a store that takes the end of its log away, tree and all, is reported and nothing is erased until it says that it was restored', async () => {
  await open();
  await deliver('A.MP4');
  await dock.stopReceiver();
  await cp(keeper(), `${keeper()}-before`, { recursive: true });
  await dock.startReceiver();
  await deliver('B.MP4');
  await dock.stopReceiver();
  await rm(keeper(), { recursive: true });
  await cp(`${keeper()}-before`, keeper(), { recursive: true });
  await rm(`${keeper()}-before`, { recursive: true });
  await dock.startReceiver();
  expect(dock.storeConditions.codes()).not.toContain('log.shorter');
  dock.camera.put('C.MP4', Buffer.from('film C'));
  await dock.until('reported', () => dock.conditions.isRaised('store.log-forked'), 60_000);
  await dock.until('received', async () => (await dock.receipted()).size >= 3, 30_000);
  expect(onCamera('C.MP4')).toBe(true);
  await sayRestored(vault(), dock.storeKey);
  await dock.stopReceiver();
  await dock.startReceiver();
  await dock.until('erased', () => !onCamera('C.MP4'), 60_000);
  expect(dock.conditions.isRaised('store.log-forked')).toBe(false);
}, 180_000);

test('a store that lost lines of its log gives no receipt, says so, and goes on once they are there again', async () => {
  await open();
  await deliver('A.MP4');
  await dock.stopReceiver();
  const custody = join(keeper(), 'custody');
  await cp(custody, `${custody}-before`, { recursive: true });
  await dock.startReceiver();
  await deliver('B.MP4');
  await dock.stopReceiver();
  await cp(custody, `${custody}-whole`, { recursive: true });
  await rm(custody, { recursive: true });
  await cp(`${custody}-before`, custody, { recursive: true });
  await dock.startReceiver();
  dock.camera.put('C.MP4', Buffer.from('film C'));
  await dock.until('reported', () => dock.storeConditions.isRaised('log.shorter'), 30_000);
  expect(onCamera('C.MP4')).toBe(true);
  expect(dock.conditions.isRaised('store.log-forked')).toBe(false);
  await dock.stopReceiver();
  await rm(custody, { recursive: true });
  await cp(`${custody}-whole`, custody, { recursive: true });
  for (const name of await readdir(keeper()))
    if (name.startsWith('custody-')) await rm(join(keeper(), name), { recursive: true });
  await dock.startReceiver();
  await dock.until('erased', () => !onCamera('C.MP4'), 60_000);
}, 180_000);

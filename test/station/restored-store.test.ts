// A store that was restored from a backup (SPEC 6.10), with whole stations and a whole store: what is behind, what its statement brings back, and
// statements that are forged, old, of another vault, doubled, or heard when the disk is full or in the middle of a cut.
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { encodeMessage, messageField, parseDown } from '../../protocol/transfer/messages.ts';
import { makeSecretKey } from '../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeSessionId, parseReceiverId } from '../../protocol/format/ids.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { receiverTopics } from '../../protocol/transfer/topics.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { writeAcknowledgement } from '../../agent/custody/acknowledgement.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { BASE, DockAndStore, STATION, type DockOptions } from '../fakes/dock-and-store.ts';
import { sayRestored, type SignedStatement, signStatement } from '../fakes/restored-store.ts';

let dock: DockAndStore;
afterEach(() => dock.close());

const spool = (...names: string[]): string => join(dock.folder, 'spool', ...names);
const vault = (): string => join(dock.folder, 'vault');
const ready = (): Promise<string[]> => readdir(spool('ready'));
const isBehind = (): boolean => dock.conditions.isRaised('store.rolled-back');
const say = (change: Parameters<typeof sayRestored>[2] = {}): Promise<string> =>
  sayRestored(vault(), dock.storeKey, change);
const entered = async (event: string): Promise<number> =>
  (await dock.custody()).filter((entry) => entry.event === event).length;
const inVault = async (recording: string): Promise<boolean> =>
  [...(await dock.receipted()).values()].some((manifest) => manifest.recording === recording);
const state = async (): Promise<{ restored: { offered: boolean; sha256: string } | null; lost: string[] }> =>
  JSON.parse(await readFile(spool('store.json'), 'utf8')) as never;
const isFollowed = async (sha256: string): Promise<boolean> => {
  const { restored } = await state().catch(() => ({ restored: null }));
  return restored?.sha256 === sha256 && restored.offered;
};
const isReceipted = async (recording: string): Promise<boolean> => {
  const names = await readdir(spool('ready', recording));
  return ['receipt.json', 'receipt.json.minisig'].every((name) => names.includes(name));
};
/** The store has signed for what the log says of it. */
const isLogged = async (recording: string): Promise<boolean> => {
  const folder = join(vault(), STATION, 'custody');
  const texts = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => readFile(join(folder, name), 'utf8')),
  );
  return texts
    .flatMap((text) => text.split('\n'))
    .some((line) => line.includes('"event":"receipted"') && line.includes(recording));
};
const log = (): string => dock.log.lines.map((line) => JSON.stringify(line)).join('\n');

/** A station and a store with some of its log, and a backup of that; gives what puts the backup back. */
async function backedUp(options: DockOptions = {}): Promise<() => Promise<void>> {
  dock = await DockAndStore.open({ hasFastSigner: true, ...options });
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('some log', async () =>
    (await readdir(join(vault(), STATION, 'custody')).catch(() => [])).some((name) =>
      name.endsWith('.jsonl'),
    ),
  );
  await dock.stopReceiver();
  await cp(vault(), `${vault()}-backup`, { recursive: true });
  await dock.startReceiver();
  return async () => {
    await dock.stopReceiver();
    await rm(vault(), { recursive: true });
    await cp(`${vault()}-backup`, vault(), { recursive: true });
  };
}

/** The only recording, receipted. */
async function deliver(name = 'A.MP4', content = 'the only film'): Promise<string> {
  const before = new Set(await ready());
  dock.camera.put(name, Buffer.from(content));
  await dock.until('receipted', async () => {
    const [fresh] = (await ready()).filter((id) => !before.has(id));
    return (
      fresh !== undefined && (await inVault(fresh)) && (await isReceipted(fresh)) && (await isLogged(fresh))
    );
  });
  const [fresh = ''] = (await ready()).filter((id) => !before.has(id));
  return fresh;
}

/** Ends the docking; its record is offered once the store has signed for the log up to there. */
async function takeOut(): Promise<void> {
  const before = (await dock.dockings()).length;
  dock.camera.detach();
  await dock.until('taken out', () => dock.bay()['state'] === 'empty');
  await dock.until('its record', async () => (await dock.dockings()).length > before);
}

/** Sends a message to the station as the broker could. */
async function inject(topic: string, payload: Uint8Array): Promise<void> {
  const client = dock.hub.client('intruder');
  client.start();
  await dock.until('connected', () => client.connected);
  await client.publish(topic, payload, { qos: 1 });
  await client.close(true);
}

async function injectStatement({ bytes, signature, roles }: SignedStatement): Promise<void> {
  const message = { message: 'restored', receiver: parseReceiverId('r-a'), signature, ...roles } as const;
  const topic = receiverTopics(BASE, parseReceiverId('r-a')).downRestored(STATION);
  await inject(topic, encodeMessage({ ...message, statement: messageField(bytes) }));
}

/** A disk without room for some names while it is full. */
function fullFor(names: RegExp): { readonly files: Files; isFull: boolean; refused: number } {
  const real = nodeFiles();
  const disk = { isFull: false, refused: 0, files: real };
  const refuse = async (path: string): Promise<void> => {
    if (!disk.isFull || !names.test(path)) return;
    disk.refused++;
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  const files: Files = {
    makeFolder: (path) => real.makeFolder(path),
    create: async (path) => {
      await refuse(path);
      return real.create(path);
    },
    open: (path, mode) => real.open(path, mode),
    rename: (from, to) => real.rename(from, to),
    unlink: async (path) => {
      await refuse(path);
      return real.unlink(path);
    },
    removeTree: (path) => real.removeTree(path),
    syncFolder: (path) => real.syncFolder(path),
    list: (path) => real.list(path),
    stat: (path) => real.stat(path),
    readAll: (path, bytesMax) => real.readAll(path, bytesMax),
    freeBytes: (path) => real.freeBytes(path),
  };
  disk.files = files;
  return disk;
}

test('a store that shows less than it had signed for lets nothing be erased, over a start too, and takes what is new', async () => {
  const putBack = await backedUp();
  dock.camera.isProtected = true; // it stays on the camera for the next docking
  const first = await deliver();
  await takeOut();
  dock.camera.isProtected = false;
  await putBack();
  await dock.startReceiver();
  await dock.until('behind', isBehind);
  await dock.stopStation();
  await dock.startStation();
  expect(isBehind()).toBe(true);
  dock.camera.attach();
  dock.camera.put('B.MP4', Buffer.from('a new one'));
  await dock.until('the new one is in the vault', async () => (await dock.receipted()).size === 1);
  await dock.until(
    'all of the log',
    async () => (await readdir(join(vault(), STATION, 'custody'))).length >= 2,
  );
  expect(dock.camera.files()).toHaveLength(2);
  expect(await inVault(first)).toBe(false);
  expect(isBehind()).toBe(true);
});

test('its statement brings all of it back, once, and is entered; then cameras are cleared', async () => {
  const putBack = await backedUp();
  dock.camera.isProtected = true;
  const first = await deliver();
  await takeOut();
  dock.camera.isProtected = false;
  await dock.until('its docking record', async () => (await dock.dockings()).length > 0);
  const dockings = (await dock.dockings()).length;
  await putBack();
  const sha256 = await say();
  await dock.startReceiver();
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('in the vault again', () => inVault(first));
  await dock.until('docking records too', async () => (await dock.dockings()).length >= dockings);
  await dock.until('level', () => !isBehind());
  dock.camera.attach();
  await dock.until('erased', () => dock.camera.files().length === 0);
  expect((await dock.vault()).map(({ original }) => original.toString())).toEqual(['the only film']);
  expect(await entered('store-restored')).toBe(1);
  await dock.stopReceiver(); // a receiver says it again at each of its starts
  await dock.startReceiver();
  await dock.stopStation();
  await dock.startStation();
  await dock.until('heard again', () => dock.hub.client !== undefined && !isBehind());
  expect(await entered('store-restored')).toBe(1);
});

test('what the restored vault still has is answered with the receipt of before', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true, release: 'never' });
  await dock.startReceiver();
  await dock.startStation();
  const first = await deliver();
  const receipt = sha256Hex(await readFile(join(vault(), STATION, first, 'receipt.json')));
  await dock.stopReceiver();
  const sha256 = await say();
  await dock.startReceiver();
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('receipted again', () => isReceipted(first));
  expect(sha256Hex(await readFile(spool('ready', first, 'receipt.json')))).toBe(receipt);
});

test('a true receipt of before that the broker delivers again does not count for what the store lost', async () => {
  const putBack = await backedUp();
  dock.camera.isProtected = true;
  let old: Uint8Array | undefined;
  dock.hub.fate = ({ to, topic, payload }) => {
    if (
      to === 'station' &&
      topic.includes('/down/') &&
      !topic.endsWith('custody') &&
      !topic.endsWith('restored')
    )
      if (parseDown(payload).message === 'receipt') old = Uint8Array.from(payload);
    return [{}];
  };
  const first = await deliver();
  await takeOut();
  dock.camera.isProtected = false;
  const receipt = old ?? new Uint8Array(0);
  await putBack();
  const sha256 = await say();
  dock.hub.fate = ({ from, topic }) => (from === 'station' && topic.includes('/up/offer/') ? [] : [{}]); // it gets no further
  await dock.startReceiver();
  await dock.until('followed', () => isFollowed(sha256));
  await inject(receiverTopics(BASE, parseReceiverId('r-a')).down(STATION, first as never), receipt);
  await dock.until('refused', async () => (await entered('receipt-refused')) > 0);
  dock.camera.attach();
  await dock.until('known again', () => dock.bay()['entries_spooled'] === 1);
  expect(await isReceipted(first)).toBe(false);
  expect(dock.camera.files()).toHaveLength(1);
  dock.hub.fate = () => [{}];
  await dock.until('erased', () => dock.camera.files().length === 0);
});

test('a statement that is forged, of another vault, or older than the one that is followed changes nothing', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true, release: 'never' });
  await dock.startReceiver();
  await dock.startStation();
  const first = await deliver();
  await takeOut();
  await dock.until('its docking record', async () => (await dock.dockings()).length > 0);
  await injectStatement(await signStatement(vault(), makeSecretKey(nodeRandom())));
  const good = await signStatement(vault(), dock.storeKey);
  await injectStatement({
    ...good,
    bytes: (await signStatement(vault(), dock.storeKey, { custody_head: null })).bytes,
  });
  const other = makeSessionId(nodeRandom());
  await injectStatement(await signStatement(vault(), dock.storeKey, { vault: other }));
  await dock.until('passed over', () => log().includes('of another vault'));
  expect([await entered('store-restored'), await isReceipted(first), isBehind()]).toEqual([0, true, false]);
  const sha256 = await say({ restored_at: '2026-06-01T00:00:00.000Z' });
  await dock.stopReceiver();
  await dock.startReceiver();
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('receipted again', () => isReceipted(first));
  await injectStatement(
    await signStatement(vault(), dock.storeKey, { restored_at: '2026-05-01T00:00:00.000Z' }),
  );
  await dock.until('passed over', () => log().includes('a later one is followed'));
  expect([await entered('store-restored'), await isReceipted(first)]).toEqual([1, true]);
});

test('a full disk keeps the store behind until it takes what follows, and no copy goes meanwhile', async () => {
  const disk = fullFor(/store\.json|receipt\.json/);
  const putBack = await backedUp({ stationFiles: disk.files });
  dock.camera.isProtected = true;
  const first = await deliver();
  await takeOut();
  dock.camera.isProtected = false;
  await putBack();
  const sha256 = await say();
  disk.isFull = true;
  await dock.startReceiver();
  await dock.until('refused', () => disk.refused > 2);
  await dock.until('told', isBehind);
  dock.camera.attach();
  await dock.until('known again', () => dock.bay()['entries_spooled'] === 1);
  expect(await ready()).toContain(first);
  expect(dock.camera.files()).toHaveLength(1);
  disk.isFull = false;
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('erased', () => dock.camera.files().length === 0);
  expect(await inVault(first)).toBe(true);
});

test('a cut in the middle of it is gone on with by the next start', async () => {
  const disk = fullFor(/receipt\.json/); // the statement is durable, and not one receipt goes
  const putBack = await backedUp({ stationFiles: disk.files, release: 'never' });
  const first = await deliver();
  await takeOut();
  await putBack();
  const sha256 = await say();
  disk.isFull = true;
  await dock.startReceiver();
  await dock.until('refused', () => disk.refused > 1);
  await dock.stopStation();
  disk.isFull = false;
  expect(await state()).toMatchObject({ restored: { sha256, offered: false } });
  await dock.stopReceiver(); // nobody says it again
  await dock.startStation();
  await dock.until('followed', () => isFollowed(sha256));
  expect(await isReceipted(first)).toBe(false);
  await dock.startReceiver();
  await dock.until('in the vault again', () => inVault(first));
});

test('a station that was away, and one that was put back to before, hears of it when it comes', async () => {
  const putBack = await backedUp({ release: 'never' });
  const first = await deliver();
  await takeOut();
  await dock.stopStation();
  await cp(spool(), join(dock.folder, 'image'), { recursive: true });
  await putBack();
  await dock.startReceiver();
  const sha256 = await say();
  await dock.stopReceiver();
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('in the vault again', () => inVault(first));
  await dock.stopStation();
  await rm(spool(), { recursive: true });
  await cp(join(dock.folder, 'image'), spool(), { recursive: true });
  await dock.startStation();
  await dock.until('followed by the older image', () => isFollowed(sha256));
  await dock.until('receipted', () => isReceipted(first));
});

test('what was reclaimed since the backup is named, over starts, until a person has seen it; its file on a camera comes again', async () => {
  const putBack = await backedUp({ release: 'never' });
  const lost = await deliver();
  await takeOut();
  await dock.stopStation();
  await reclaim(lost);
  await putBack();
  const sha256 = await say();
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('followed', () => isFollowed(sha256));
  await dock.until('named', () => dock.conditions.isRaised('store.recordings-lost'));
  expect(dock.conditions.facts('store.recordings-lost')).toEqual({ recordings: 1, first: lost });
  expect(await state()).toMatchObject({ lost: [lost] });
  await dock.stopStation();
  await dock.startStation();
  await dock.until('named again', () => dock.conditions.isRaised('store.recordings-lost'));
  dock.camera.attach();
  await dock.until('comes again', async () => (await dock.receipted()).size === 1);
  const [manifest] = [...(await dock.receipted()).values()];
  expect(manifest?.supersedes).toEqual([lost]);
  const found = (await dock.custody()).filter(({ event }) => event === 'difference-found');
  expect(found.map(({ facts }) => facts)).toEqual([
    { difference: 'store-lost', subject: lost, sequence: null, sha256: null },
  ]);
  const word = { reason: 'restored', made_at: '2026-11-25T10:00:00.000Z' };
  await writeAcknowledgement(nodeFiles(), spool('acknowledgement.json'), word);
  await dock.stopStation();
  await dock.startStation();
  await dock.until('acknowledged', () => !dock.conditions.isRaised('store.recordings-lost'));
});

test('an older word of the store that the broker delivers again is no restored store', async () => {
  dock = await DockAndStore.open({ hasFastSigner: true });
  const heads: Uint8Array[] = [];
  dock.hub.fate = ({ to, topic, payload }) => {
    if (to === 'station' && topic.endsWith('/down/custody')) heads.push(Uint8Array.from(payload));
    return [{}];
  };
  await dock.startReceiver();
  await dock.startStation();
  await deliver();
  await takeOut();
  const topic = receiverTopics(BASE, parseReceiverId('r-a')).downCustody(STATION);
  for (const head of heads.slice(0, 3)) await inject(topic, head);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(isBehind()).toBe(false);
  dock.camera.attach();
  await deliver('B.MP4', 'another one');
  await dock.until('erased', () => dock.camera.files().length === 0);
});

/** As a reclaim leaves it. */
async function reclaim(recording: string): Promise<void> {
  await mkdir(spool('released'), { recursive: true });
  await cp(spool('ready', recording), spool('released', recording), { recursive: true });
  await rm(spool('ready', recording), { recursive: true });
  for (const name of ['payload.age', 'chunks.bin']) await rm(spool('released', recording, name));
}

// In the rig's guest: cards that are not as they should be, at the driver and the mount helper, over emulated USB and with the kernel's own file
// systems: several volumes, none that is known, write-protected, bad sectors, a damaged FAT; a mount that is in use, a helper that is killed.
// Wanted: what is odd is told and left as it is, byte by byte; what is good beside it is taken; no mount stays.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { checkDiskPlace } from '../../config/disk-place.ts';
import { FileFinds } from '../../config/file-finds.ts';
import type { CameraSession, Inventory, InventoryEntry, Piece } from '../../drivers/driver.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import { until } from '../fakes/until.ts';
import { damageFat, offsetOf } from './damaged-fat.ts';
import { DiskBench } from './disk-bench.ts';
import {
  filesOn,
  FIRST_PARTITION_BYTES,
  makeDisk,
  makeVolume,
  toMachine,
  type CardFiles,
} from './disk-images.ts';
import { requireGoodClock } from './guest-clock.ts';
import { openMonitor, type Monitor } from './monitor.ts';
import { TOOLS_VARIABLE } from './rig-tools.ts';
import { portOf, WORK_MS } from './usb-ports.ts';

const { env } = process;
const { signal } = new AbortController();
const MIB = 1024 * 1024;
const SECTOR_BYTES = 4096;
const CARD = 'RIG-CARD';
const SHA256 = new Uint8Array(32);

let monitor: Monitor;
let bench: DiskBench;
let port = '';
let session: CameraSession | undefined;

before(async () => {
  await requireGoodClock(env['RIG_RUN'] ?? '');
  monitor = await openMonitor(env[TOOLS_VARIABLE] ?? '');
  const image = await toMachine(await blank(), 'blank.img');
  await monitor.plugDisk(CARD, image, { port: '1', serial: CARD });
  port = await portOf(CARD);
  await monitor.unplugDisk(CARD);
  bench = await DiskBench.open([port]);
});

afterEach(async () => {
  note('a test is over');
  await session?.close();
  session = undefined;
  await monitor.unplugDisk(CARD).catch(() => undefined); // the test may have pulled it
  await bench.untilUnmounted('after a test');
});

after(async () => {
  await bench?.stop('SIGTERM');
  monitor?.close();
});

void test('the first of two volumes is taken, read-only and without rights, and the other one is told and not touched', async () => {
  const files: CardFiles = new Map([['DCIM/A.MP4', randomBytes(100_000)]]);
  const first = await makeVolume('fat16', 8, files);
  const second = await makeVolume('exfat', 4, new Map([['B.MP4', randomBytes(10)]]));
  const image = await toMachine(await makeDisk('mbr', [first, second]), 'two.img');
  const before = await digestFrom(image, FIRST_PARTITION_BYTES + 8 * MIB);
  const listing = await plugAndList(image);
  assert.deepEqual(textOf(listing), ['DCIM/A.MP4']);
  assert.deepEqual(reasonsOf(listing), ['other-volume']);
  const [mount] = await bench.mounts();
  for (const option of ['ro', 'nosuid', 'nodev', 'noexec', 'noatime'])
    assert.ok(mount?.options.has(option), option);
  assert.equal(mount?.fileSystem, 'vfat');
  const finds = new FileFinds();
  await checkDiskPlace(join(mount.folder, 'spool'), finds);
  assert.match(
    finds.problems.map(({ code, message }) => `${code} ${message}`).join(),
    /^disk\.file-system lies on FAT/,
  );
  assert.equal(await erase(only(listing)), 'done');
  assert.ok((await bench.mounts())[0]?.superOptions.has('rw'), 'writable for the erasure');
  const again = await open().inventory(signal);
  assert.deepEqual([textOf(again), reasonsOf(again)], [[], ['other-volume']]);
  assert.ok((await bench.mounts())[0]?.superOptions.has('ro'), 'and read-only for the listing');
  await pull();
  assert.equal(await digestFrom(image, FIRST_PARTITION_BYTES + 8 * MIB), before);
});

void test('encrypted and unknown volumes behind a GPT are told and not touched, and a protected card says that it is', async () => {
  const first = await makeVolume('fat12', 2, new Map([['A.MP4', randomBytes(10)]]));
  const encrypted = await blank(Buffer.from('LUKS\xba\xbe\x00\x02', 'latin1'));
  const unknown = await blank(Buffer.alloc(2048, 0x53));
  const image = await toMachine(await makeDisk('gpt', [first, encrypted, unknown]), 'gpt.img');
  const before = await digestFrom(image, 0);
  await monitor.plugDisk(CARD, image, { port: '1', serial: CARD, readOnly: true });
  const listing = await list();
  assert.deepEqual(
    [textOf(listing), reasonsOf(listing)],
    [['A.MP4'], ['encrypted-volume', 'unknown-file-system']],
  );
  assert.equal(await erase(only(listing)), 'write-protected');
  assert.deepEqual(textOf(await open().inventory(signal)), ['A.MP4']);
  await pull();
  assert.equal(await digestFrom(image, 0), before);
});

void test('a file with a bad sector is kept with its map, and a folder of which FAT leaves one out silently is not complete', async () => {
  const bytes = randomBytes(64 * SECTOR_BYTES);
  const names = Array.from({ length: 40 }, (_, number) => `F${number + 10}.MP4`);
  const folder = names.map((name): [string, Buffer] => [`DCIM/${name}`, randomBytes(10)]);
  const volume = await makeVolume('fat16', 4, new Map([['A.MP4', bytes], ...folder]));
  const content = await readFile(volume);
  const bad = 20 * SECTOR_BYTES;
  const image = await toMachine(volume, 'bad.img');
  const places = [content.indexOf(bytes.subarray(bad, bad + 512)), offsetOf(content, 'F30     MP4')];
  await plugWithErrors(image, places);
  const listing = await list();
  const listed = textOf(listing).length - 1;
  assert.ok(listed > 0 && listed < names.length, `${listed} of the folder's files are listed`);
  assert.deepEqual(reasonsOf(listing), ['read-errors']);
  const pieces = await piecesOf(listing, 'A.MP4');
  const lost = pieces.findIndex(({ kind }) => kind === 'unreadable');
  const from = pieces.slice(0, lost).reduce((sum, piece) => sum + bytesOf(piece).length, 0);
  const to = from + bytesOf(pieces[lost] ?? { kind: 'unreadable', sizeBytes: 0 }).length;
  note(`bytes ${from} to ${to} are lost of ${bytes.length}, sector ${bad} is bad`);
  assert.equal(pieces.filter(({ kind }) => kind === 'unreadable').length, 1);
  // A page of the disk is what the kernel reads at least, and lies across two of the file.
  assert.ok(from <= bad && to >= bad + 512 && to - from <= 2 * SECTOR_BYTES, `${from} to ${to}`);
  const wanted = Buffer.from(bytes).fill(0, from, to);
  assert.ok(Buffer.concat(pieces.map(bytesOf)).equals(wanted));
});

void test('a folder whose first sector cannot be read is told, and the card is not written to for it', async () => {
  const files: CardFiles = new Map([['DCIM/B.MP4', randomBytes(10)], ['A.MP4', randomBytes(10)]]); // prettier-ignore
  const volume = await makeVolume('fat16', 4, files);
  const content = await readFile(volume);
  const image = await toMachine(volume, 'bad-first.img');
  await plugWithErrors(image, [offsetOf(content, 'B       MP4')]); // behind "." and ".." in the same sector
  const listing = await list();
  note(`problems: ${reasonsOf(listing).join(', ')}; listed: ${textOf(listing).join(', ')}`);
  assert.ok(reasonsOf(listing).length > 0, 'it is told');
  await open().close();
  await bench.untilUnmounted('closed');
  await pull();
  const after = await readFile(image);
  const differs = [...after.keys()].filter((at) => after[at] !== content[at]);
  assert.deepEqual(differs, [], 'the kernel wrote nothing');
});

void test('a damaged FAT costs the files that it hits, ends nothing in a circle, and is not written to', async () => {
  const good = randomBytes(50_000);
  const folder = Array.from({ length: 40 }, (_, number): [string, Buffer] => [
    `LOOPED/F${number + 10}.MP4`,
    good,
  ]);
  const files: CardFiles = new Map([
    ['SHORT.MP4', randomBytes(200_000)],
    ['CIRCLE.MP4', randomBytes(200_000)],
    ['HUGE.MP4', randomBytes(10)],
    ['GOOD.MP4', good],
    ...folder,
  ]);
  const volume = await makeVolume('fat16', 8, files);
  const damage = {
    loopedFolder: 'LOOPED     ',
    loopedFile: 'CIRCLE  MP4',
    shortFile: 'SHORT   MP4',
    hugeFile: 'HUGE    MP4',
  };
  await writeFile(volume, damageFat(await readFile(volume), damage));
  const image = await toMachine(volume, 'damaged.img');
  const before = await digestFrom(image, 0);
  const listing = await plugAndList(image);
  note(`problems: ${reasonsOf(listing).join(', ')}; ${textOf(listing).length} listed`);
  for (const name of ['GOOD.MP4', 'HUGE.MP4', 'SHORT.MP4']) assert.ok(textOf(listing).includes(name), name);
  assert.ok(reasonsOf(listing).length > 0, 'the folder in a circle is told');
  await assert.rejects(piecesOf(listing, 'HUGE.MP4'), hasCode('driver.unreadable'));
  const short = await piecesOf(listing, 'SHORT.MP4');
  assert.ok(
    short.some(({ kind }) => kind === 'unreadable'),
    'it does not pass for whole',
  );
  await piecesOf(listing, 'CIRCLE.MP4'); // ends
  assert.ok(Buffer.concat((await piecesOf(listing, 'GOOD.MP4')).map(bytesOf)).equals(good));
  await open().close();
  await pull();
  assert.equal(await digestFrom(image, 0), before, 'the kernel wrote nothing');
});

void test('a mount that is in use is not made writable: nothing is erased, and it goes with its device', async () => {
  const image = await toMachine(
    await makeVolume('fat12', 2, new Map([['A.MP4', randomBytes(10)]])),
    'busy.img',
  );
  const listing = await plugAndList(image);
  const user = spawn('sleep', ['600'], { cwd: (await bench.mounts())[0]?.folder, stdio: 'ignore' });
  try {
    assert.equal(await erase(only(listing)), 'refused');
    assert.deepEqual(textOf(await open().inventory(signal)), ['A.MP4']);
    await pull();
    await bench.untilUnmounted('its device is gone');
    assert.match(bench.said, /unmounting lazily/);
    await assert.rejects(open().inventory(signal), hasCode('driver.detached'));
  } finally {
    user.kill('SIGKILL');
    await once(user, 'exit');
  }
  assert.deepEqual(await filesOn(image), ['A.MP4']);
});

void test('a helper that is killed leaves a mount, takes it away when it is back, and the session goes on', async () => {
  const image = await toMachine(
    await makeVolume('exfat', 4, new Map([['A.MP4', randomBytes(10)]])),
    'kill.img',
  );
  const listing = await plugAndList(image);
  await bench.stop('SIGKILL');
  assert.equal((await bench.mounts()).length, 1);
  await bench.start();
  assert.deepEqual(textOf(await open().inventory(signal)), ['A.MP4']);
  assert.equal(await erase(only(listing)), 'done');
  assert.deepEqual(textOf(await open().inventory(signal)), []);
  assert.equal(await bench.stop('SIGTERM'), 0);
  assert.deepEqual(await bench.mounts(), [], 'an end that is asked for unmounts');
  await bench.start();
});

function note(what: string): void {
  process.stderr.write(`rig ${(performance.now() / 1000).toFixed(0)} s: ${what}\n`);
}

/** Nothing but that head. */
async function blank(head: Uint8Array = new Uint8Array()): Promise<string> {
  const image = join(await mkdtemp('/tmp/card-'), 'volume.img');
  const bytes = Buffer.alloc(2 * MIB);
  bytes.set(head);
  await writeFile(image, bytes);
  return image;
}

/** Reads of the 512 bytes at those places of the image fail. */
async function plugWithErrors(filename: string, places: readonly number[]): Promise<void> {
  assert.ok(
    places.every((at) => at > 0),
    'the places were found',
  );
  const rule = { event: 'read_aio', errno: 5, once: false };
  const rules = places.map((at) => ({ ...rule, sector: Math.floor(at / 512) }));
  const image = { driver: 'file', filename, locking: 'off' };
  const file = { driver: 'blkdebug', image, 'inject-error': rules };
  await monitor.send('blockdev-add', { driver: 'raw', 'node-name': `${CARD}-node`, file });
  await monitor.plug('usb-storage', CARD, {
    drive: `${CARD}-node`,
    removable: true,
    port: '1',
    serial: CARD,
  });
}

async function plugAndList(image: string): Promise<Inventory> {
  await monitor.plugDisk(CARD, image, { port: '1', serial: CARD });
  return list();
}

async function list(): Promise<Inventory> {
  const place = { kind: 'usb', path: port } as const;
  await until('the driver accepts it', WORK_MS, () => bench.driver.probe(place, signal));
  session = await bench.driver.open(place, signal);
  return session.inventory(signal);
}

function open(): CameraSession {
  if (session === undefined) throw new Error('no session');
  return session;
}

async function pull(): Promise<void> {
  await monitor.unplugDisk(CARD);
}

function erase(entry: InventoryEntry): Promise<string> {
  return open().erase(entry, signal, SHA256);
}

async function piecesOf({ entries }: Inventory, path: string): Promise<Piece[]> {
  const entry = entries.find((each) => pathText(each) === path);
  if (entry === undefined) throw new Error(`${path} is not listed`);
  const pieces: Piece[] = [];
  for await (const piece of open().read(entry, 0, signal)) pieces.push(piece);
  return pieces;
}

/** Zeros for what could not be read. */
function bytesOf(piece: Piece): Uint8Array {
  return piece.kind === 'bytes' ? piece.bytes : new Uint8Array(piece.sizeBytes);
}

function only({ entries }: Inventory): InventoryEntry {
  const [entry] = entries;
  if (entry === undefined) throw new Error('nothing is listed');
  return entry;
}

function textOf({ entries }: Inventory): string[] {
  return entries.map(pathText);
}

function pathText({ path }: InventoryEntry): string {
  return Buffer.from(path).toString();
}

function reasonsOf({ problems }: Inventory): string[] {
  return problems.map(({ reason }) => reason);
}

async function digestFrom(image: string, at: number): Promise<string> {
  return createHash('sha256')
    .update((await readFile(image)).subarray(at))
    .digest('hex');
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => isDockError(error, code);
}

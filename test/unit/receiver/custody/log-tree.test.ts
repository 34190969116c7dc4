import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readTile } from '../../../../agent/receiver/custody/log-tree.ts';
import {
  type Appended,
  appendStoreEvents,
  endStoreSegment,
} from '../../../../agent/receiver/custody/store-log.ts';
import type { CustodyEvent } from '../../../../protocol/custody/custody-entry.ts';
import {
  encodeRestored,
  RESTORED_TRUSTED_COMMENT,
  restoredName,
} from '../../../../protocol/documents/restored.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { type VerifiedCheckpoint, verifyCheckpoint } from '../../../../protocol/transparency/checkpoint.ts';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
} from '../../../../protocol/transparency/merkle.ts';
import { nodesOfTiles } from '../../../../protocol/transparency/tiles.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { type CrashDisk, SURVIVALS } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { fastSigner } from '../../../fakes/signer-fast.ts';
import {
  append,
  depsOn,
  FOLDER,
  numbered,
  type ReadSegment,
  readLog,
  RECEIVER,
  storeKey,
  VAULT,
  vaultDisk,
} from './log-scenario.ts';

const KEEPER = `${VAULT}/${RECEIVER}`;
const ORIGIN = `bodydock/${depsOn(vaultDisk(), 1).vault}/${RECEIVER}`;
/** An entry of 8 KiB. */
const LONG: CustodyEvent = { event: 'key-revoked', facts: { reason: 'x'.repeat(8000) } };

const enter = (deps: ReturnType<typeof depsOn>, ...events: CustodyEvent[]): Promise<Appended> =>
  whileTimePasses(deps.clock, appendStoreEvents(deps, events));

const linesOf = (disk: CrashDisk, { segment, last }: Pick<ReadSegment, 'segment' | 'last'>): Buffer[] =>
  Buffer.from(disk.peek(`${FOLDER}/${segment}.jsonl`) ?? [])
    .toString('latin1')
    .split('\n')
    .slice(0, last.sequence)
    .map((line) => Buffer.from(line, 'latin1'));

/** Lines of the log that are leaves of a tree, in the order of the chain. */
function leavesOf(disk: CrashDisk, origin = ORIGIN): Buffer[] {
  const leaves: Buffer[] = [];
  for (const each of readLog(disk)) {
    if (each.first?.facts['log_origin'] !== origin) continue;
    expect(each.first.facts['log_size']).toBe(leaves.length);
    leaves.push(...linesOf(disk, each));
  }
  return leaves;
}

/** RFC 9162, section 2.1.1, word for word. */
function rootOf(entries: readonly Uint8Array[]): Buffer {
  const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
    createHash('sha256').update(Buffer.concat(parts)).digest();
  if (entries.length < 2) return entries[0] === undefined ? sha256() : sha256(Buffer.from([0]), entries[0]);
  let split = 1;
  while (split * 2 < entries.length) split *= 2;
  return sha256(Buffer.from([1]), rootOf(entries.slice(0, split)), rootOf(entries.slice(split)));
}

function noteIn(disk: CrashDisk, folder = `${KEEPER}/log`): string {
  return Buffer.from(disk.peek(`${folder}/checkpoint`) ?? []).toString();
}

const checked = (note: string, origin = ORIGIN): VerifiedCheckpoint =>
  verifyCheckpoint(note, origin, [storeKey.publicKey]);

/** The checkpoint is that of the lines, and every line is proven by the tiles. */
async function expectTree(disk: CrashDisk, origin = ORIGIN, folder = `${KEEPER}/log`): Promise<void> {
  const leaves = leavesOf(disk, origin);
  const { size, root } = checked(noteIn(disk, folder), origin);
  expect(size).toBe(leaves.length);
  expect(Buffer.from(root)).toEqual(rootOf(leaves));
  const read = nodesOfTiles(size, (tile) => readTile(disk, folder, tile));
  for (const [index, line] of leaves.entries()) {
    const proof = await inclusionProof(index, size, read);
    expect(isIncluded({ leaf: leafHash(line), index, size, root, proof }), `line ${index}`).toBe(true);
  }
}

test('the lines of the log are the leaves of a tree; each checkpoint is signed, and each event is proven by it', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 1);
  const notes: string[] = [];
  for (let turn = 0; turn < 90; turn++) {
    const { lines, tree } = await enter(
      turn % 3 === 0 ? depsOn(disk, 100 + turn) : deps,
      numbered(turn),
      numbered(turn),
    );
    const leaves = leavesOf(disk);
    expect(lines.map(({ index }) => leaves[index])).toEqual(lines.map(({ line }) => Buffer.from(line)));
    expect(
      lines.map(({ line }) => JSON.parse(Buffer.from(line).toString())).map(({ facts }) => facts),
    ).toEqual([{ version: String(turn) }, { version: String(turn) }]);
    expect(tree.newest?.note).toBe(noteIn(disk));
    notes.push(noteIn(disk));
  }
  await expectTree(disk);
  const newest = checked(noteIn(disk));
  const read = nodesOfTiles(newest.size, (tile) => readTile(disk, `${KEEPER}/log`, tile));
  for (const { size: from, root: fromRoot } of notes.map((note) => checked(note))) {
    const proof = await consistencyProof(from, newest.size, read);
    expect(isConsistent({ from, fromRoot, size: newest.size, root: newest.root, proof })).toBe(true);
  }
  expect([...disk.tree(`${KEEPER}/log`).keys()].filter((path) => path.includes('tile/0/000.p'))).toEqual([]);
});

test('nothing is signed again where nothing was entered', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 1), numbered(1));
  const deps = depsOn(disk, 2);
  let signed = 0;
  const signer = { ...deps.signer, signNote: (text: string) => (signed++, deps.signer.signNote(text)) };
  await enter({ ...deps, signer });
  expect(signed).toBe(0);
  await enter({ ...deps, signer }, numbered(2));
  expect(signed).toBe(1);
});

test('over the end of a segment the tree goes on, and the tiles of the ended one are on the medium', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 3);
  for (let turn = 0; turn < 5; turn++)
    await append(deps, ...Array.from({ length: 100 }, () => LONG), numbered(turn));
  expect(readLog(disk)).toHaveLength(2);
  await expectTree(disk);
  const after = disk.crash(disk.steps, 'nothing');
  expect(after.peek(`${KEEPER}/log/tile/0/000`)).toHaveLength(8192);
  await append(depsOn(after, 4), numbered(9));
  await expectTree(after);
});

test('who goes on with a tree reads its last tiles, and not again for each of their hashes', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 3);
  for (let turn = 0; turn < 5; turn++) await append(deps, ...Array.from({ length: 100 }, () => LONG));
  let read = 0;
  disk.hearCalls((operation, path) => void (operation === 'readAll' && path.includes('/tile/') && read++));
  const { tree } = await enter(depsOn(disk, 4));
  expect(tree.refusal).toBeUndefined();
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(12);
});

test('where all tiles were lost one start reads all lines again, and the next one does not', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 3);
  for (let turn = 0; turn < 5; turn++) await append(deps, ...Array.from({ length: 100 }, () => LONG));
  for (const [path, bytes] of disk.tree(`${KEEPER}/log/tile`))
    if (bytes !== undefined) await disk.unlink(path);
  const segmentsRead = async (seed: number): Promise<number> => {
    const read = new Set<string>();
    disk.hearCalls((operation, path) => {
      if (operation === 'readAll' && path.endsWith('.jsonl')) read.add(path);
    });
    expect((await enter(depsOn(disk, seed))).tree.refusal).toBeUndefined();
    return read.size;
  };
  expect([await segmentsRead(4), await segmentsRead(5)]).toEqual([2, 1]);
});

test('a power cut at any step leaves a log whose tree extends each checkpoint that was given', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 3), ...Array.from({ length: 250 }, () => numbered(1)));
  const start = disk.crash(disk.steps, 'everything');
  const deps = depsOn(start, 4);
  for (let turn = 0; turn < 3; turn++) {
    const { tree } = await enter(deps, numbered(turn), numbered(turn));
    start.claim(tree.newest?.note ?? '');
  }
  for (let step = 0; step <= start.steps; step += 1)
    for (const survival of SURVIVALS) {
      const after = start.crash(step, survival);
      const { tree } = await enter(depsOn(after, 1000 + step), numbered(99));
      const where = `at ${step} (${start.stepLabel(step)}), ${survival} survived`;
      expect(tree.refusal, where).toBeUndefined();
      const { size, root } = checked(noteIn(after));
      expect(Buffer.from(root), where).toEqual(rootOf(leavesOf(after)));
      for (const note of start.claimsAt(step)) {
        const given = checked(note);
        const read = nodesOfTiles(size, (tile) => readTile(after, tree.folder, tile));
        const proof = await consistencyProof(given.size, size, read);
        const claim = { from: given.size, fromRoot: given.root, size, root, proof };
        expect(isConsistent(claim), where).toBe(true);
      }
    }
}, 60_000);

test('whatever is lost or damaged of the tree, it is made again from the lines', async () => {
  const random = new SeededRandom(77);
  for (let turn = 0; turn < 12; turn++) {
    const disk = vaultDisk();
    const deps = depsOn(disk, 500 + turn);
    for (let count = 2 + random.below(5); count > 0; count--)
      await append(
        deps,
        ...Array.from({ length: 1 + random.below(150) }, () => (turn % 3 === 0 ? LONG : numbered(1))),
      );
    const kept = new Map(disk.tree(`${KEEPER}/log`));
    for (const [path, bytes] of kept) {
      if (bytes === undefined) continue;
      const fate = random.below(4);
      if (fate === 0) await disk.unlink(path);
      if (fate === 1 && !path.endsWith('checkpoint'))
        disk.corrupt(path, (each) => each.slice(0, each.length >> 1));
      if (fate === 2 && !path.endsWith('checkpoint'))
        disk.corrupt(path, (each) => each.map((byte) => byte ^ 1));
    }
    const { tree } = await enter(depsOn(disk, 900 + turn));
    expect(tree.refusal, `turn ${turn}`).toBeUndefined();
    expect(noteIn(disk), `turn ${turn}`).toBe(
      Buffer.from(kept.get(`${KEEPER}/log/checkpoint`) ?? []).toString(),
    );
    await append(depsOn(disk, 1900 + turn), numbered(2));
    const { size, root } = checked(noteIn(disk));
    expect(size).toBe(leavesOf(disk).length);
    expect(Buffer.from(root)).toEqual(rootOf(leavesOf(disk)));
  }
});

describe('a log that is not the one of its checkpoint', () => {
  async function shortened(): Promise<CrashDisk> {
    const disk = vaultDisk();
    await append(depsOn(disk, 1), numbered(1));
    const before = disk.tree(FOLDER);
    await append(depsOn(disk, 2), numbered(2), numbered(3));
    for (const [path, bytes] of before) if (bytes !== undefined) disk.corrupt(path, () => Buffer.from(bytes));
    return disk;
  }

  test('takes no line, and no checkpoint of it is signed', async () => {
    const disk = await shortened();
    const [note, leaves] = [noteIn(disk), leavesOf(disk)];
    for (let turn = 0; turn < 4; turn++)
      await expect(enter(depsOn(disk, 10 + turn), numbered(7))).rejects.toMatchObject({
        code: 'log.shorter',
      });
    expect([noteIn(disk), leavesOf(disk)]).toEqual([note, leaves]);
  });

  test('is whole again once the lines are there again', async () => {
    const disk = vaultDisk();
    await append(depsOn(disk, 1), numbered(1));
    const [path] = [...disk.tree(FOLDER).keys()].filter((each) => each.endsWith('.jsonl'));
    const whole = Buffer.from(disk.peek(path ?? '') ?? []);
    disk.corrupt(path ?? '', (bytes) => bytes.slice(0, bytes.indexOf(10) + 1));
    expect((await enter(depsOn(disk, 2))).tree.refusal).toBeDefined();
    disk.corrupt(path ?? '', () => whole);
    expect((await enter(depsOn(disk, 3), numbered(2))).tree.refusal).toBeUndefined();
    await expectTree(disk);
  });

  test('goes on in a new tree after the statement that the vault was restored', async () => {
    const disk = await shortened();
    const old = noteIn(disk);
    const deps = depsOn(disk, 20);
    const bytes = encodeRestored({
      type: 'restored',
      version: 1,
      receiver: RECEIVER,
      vault: deps.vault,
      restored_at: '2026-11-25T12:00:00.000Z',
      complete_until: '2026-11-25T11:00:00.000Z',
      custody_head: null,
    });
    const folder = `${KEEPER}/restored`;
    disk.plantFolder(folder);
    disk.plant(`${folder}/${restoredName(bytes)}`, bytes);
    const signature = await fastSigner(storeKey).sign(bytes, RESTORED_TRUSTED_COMMENT);
    disk.plant(`${folder}/${restoredName(bytes)}.minisig`, Buffer.from(signature));
    const name = sha256Hex(bytes).slice(0, 16);
    const { tree, lines } = await enter(deps, numbered(8));
    expect(tree).toMatchObject({ origin: `${ORIGIN}/${name}`, refusal: undefined });
    expect(lines[0]?.index).toBe(1);
    await expectTree(disk, `${ORIGIN}/${name}`, `${KEEPER}/log/${name}`);
    expect(noteIn(disk)).toBe(old);
    await append(depsOn(disk, 21), numbered(9));
    await expectTree(disk, `${ORIGIN}/${name}`, `${KEEPER}/log/${name}`);
  });
});

test('a log of 0.1.0 ends its segment, and its tree begins with the next one', async () => {
  const disk = vaultDisk();
  await append(depsOn(disk, 1), numbered(1));
  const [old] = readLog(disk);
  const path = `${FOLDER}/${old?.segment}.jsonl`;
  // What 0.1.0 wrote is the same chain with a first line that says nothing of a tree.
  const { chainGroups } = await import('../../../../protocol/custody/custody-chain.ts');
  const { CHAIN_START } = await import('../../../../protocol/custody/custody-entry.ts');
  const { log_origin: _, log_size: __, ...facts } = old?.first?.facts ?? {};
  const stamp = { at: '2026-11-25T09:00:00.000Z', boot: null, monotonic_ms: 1 };
  const entries = [
    { ...stamp, event: 'segment-opened' as const, facts },
    { ...stamp, ...numbered(1) },
  ];
  if (old === undefined) throw new Error('a segment');
  const context = {
    station: RECEIVER,
    segment: old.segment,
    signer: fastSigner(storeKey),
    stamp: () => stamp,
  };
  const { bytes } = await chainGroups(CHAIN_START, entries, context);
  disk.corrupt(path, () => Buffer.from(bytes));
  for (const each of disk.tree(`${KEEPER}/log`).keys())
    if (each.endsWith('checkpoint')) await disk.unlink(each);
  await append(depsOn(disk, 2), numbered(2));
  const segments = readLog(disk);
  expect(segments.map(({ signed, first }) => [signed, first?.facts['log_size']])).toEqual([
    [true, undefined],
    [false, 0],
  ]);
  await expectTree(disk);
});

/** A log whose oldest segment was dropped, and all the leaves of its tree. */
async function withoutOldest(): Promise<{ readonly disk: CrashDisk; readonly leaves: Buffer[] }> {
  const disk = vaultDisk();
  const deps = depsOn(disk, 3);
  for (let turn = 0; turn < 5; turn++) await append(deps, ...Array.from({ length: 100 }, () => LONG));
  const leaves = leavesOf(disk);
  const [first] = readLog(disk);
  for (const suffix of ['', '.minisig']) await disk.unlink(`${FOLDER}/${first?.segment}.jsonl${suffix}`);
  return { disk, leaves };
}

test('where the oldest segments were dropped the tree goes on from its tiles, and without these it is refused', async () => {
  const { disk, leaves } = await withoutOldest();
  const { tree, lines } = await enter(depsOn(disk, 4), numbered(1));
  expect([tree.refusal, lines[0]?.index]).toEqual([undefined, leaves.length]);
  const { size, root } = checked(noteIn(disk));
  const read = nodesOfTiles(size, (tile) => readTile(disk, tree.folder, tile));
  const proof = await inclusionProof(7, size, read);
  expect(isIncluded({ leaf: leafHash(leaves[7] ?? Buffer.alloc(0)), index: 7, size, root, proof })).toBe(
    true,
  );
  for (const path of disk.tree(`${KEEPER}/log/tile`).keys())
    if (disk.peek(path) !== undefined) await disk.unlink(path);
  await expect(enter(depsOn(disk, 5), numbered(2))).rejects.toMatchObject({ code: 'log.shorter' });
});

test('a segment that is ended for another key leaves a tree that goes on under that key', async () => {
  const disk = vaultDisk();
  const deps = depsOn(disk, 1);
  await append(deps, numbered(1));
  await whileTimePasses(deps.clock, endStoreSegment(deps));
  await append(deps, numbered(2));
  expect(readLog(disk).map(({ signed }) => signed)).toEqual([true, false]);
  await expectTree(disk);
});

test('a cut that left no readable checkpoint ends no log whose oldest segments were dropped', async () => {
  const { disk, leaves } = await withoutOldest();
  disk.corrupt(`${KEEPER}/log/checkpoint`, () => Buffer.alloc(0));
  const { tree } = await enter(depsOn(disk, 4), numbered(1));
  expect(tree.refusal).toBeUndefined();
  const newest = readLog(disk).at(-1);
  const { size, root } = checked(noteIn(disk));
  const all = [...leaves, ...(newest === undefined ? [] : linesOf(disk, newest)).slice(-2)];
  expect([size, Buffer.from(root)]).toEqual([all.length, rootOf(all)]);
});

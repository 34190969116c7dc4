import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { publicKeyOf, verifyDocument } from '../../../../protocol/documents/minisign.ts';
import { parseWitness, witnessLine, type Witness } from '../../../../protocol/custody/witness.ts';
import { SURVIVALS, type CrashDisk } from '../../../fakes/files-crash.ts';
import { MemoryLocks } from '../../../fakes/locks-memory.ts';
import { StoppingFiles } from '../../../fakes/files-stopping.ts';
import { append, depsOn, numbered, readLog, storeKey, VAULT, vaultDisk } from './log-scenario.ts';
import {
  idOf,
  make,
  makerOn,
  plantReceipted,
  rootOf,
  treeHash,
  vaultId,
  WITNESSES,
} from './witness-sample.ts';

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const MORNING = '2026-11-26T08:00:00.000Z';

/** The witness of a day as it lies there, its signature checked. */
function witnessOf(disk: CrashDisk, day: string): { witness: Witness; bytes: Uint8Array } {
  const bytes = disk.peek(`${WITNESSES}/${day}.json`);
  const signature = disk.peek(`${WITNESSES}/${day}.json.minisig`);
  if (bytes === undefined || signature === undefined) throw new Error(`no witness of ${day}`);
  verifyDocument(bytes, Buffer.from(signature).toString(), 'bodydock witness', [publicKeyOf(storeKey)]);
  return { witness: parseWitness(bytes), bytes };
}

const days = (disk: CrashDisk): string[] =>
  [...disk.tree(WITNESSES).keys()]
    .filter((path) => path.endsWith('.json'))
    .map((path) => path.slice(WITNESSES.length + 1, -5));

/** Days that the store's log calls witnessed, with the digests that it names. */
const entered = (disk: CrashDisk): [unknown, unknown][] =>
  readLog(disk)
    .flatMap(({ entries }) => entries)
    .filter(({ event }) => event === 'witnessed')
    .map(({ facts }) => [facts['day'], facts['sha256']]);

test('a day that is over gets its witness: every receipt with its document, by station, under one root and one signature', async () => {
  const disk = vaultDisk();
  const ours = [
    ...plantReceipted(disk, 1, '2026-11-25T00:00:00.000Z'),
    ...plantReceipted(disk, 2, '2026-11-25T23:59:59.999Z', { kind: 'docking' }),
  ];
  const theirs = plantReceipted(disk, 3, '2026-11-25T12:00:00.000Z', { station: 'kod-2' });
  plantReceipted(disk, 4, '2026-11-26T00:00:00.000Z');
  disk.plant(`${VAULT}/kod-1/${idOf(5)}/manifest.json`, 'not receipted');
  const { made, more } = await make(makerOn(disk, 1, MORNING));
  const { witness, bytes } = witnessOf(disk, '2026-11-25');
  expect({ made, more }).toEqual({ made: [witness], more: false });
  const keepers = [
    { keeper: 'kod-1', documents: 4, custody_head: null, root: rootOf(...ours) },
    { keeper: 'kod-2', documents: 2, custody_head: null, root: rootOf(...theirs) },
  ];
  expect(witness).toMatchObject({ vault: vaultId, previous_sha256: null, keepers });
  const texts = keepers.map(({ keeper, root }) => Buffer.from(`${keeper} ${root}`));
  expect(witness.root).toBe(treeHash(texts).toString('hex'));
  expect(witnessLine(witness)).toBe(
    `bodydock-witness 1 2026-11-25 r-store documents=6 root=${witness.root} previous=-`,
  );
  expect(days(disk)).toEqual(['2026-11-25']);
  expect(entered(disk)).toEqual([['2026-11-25', sha256(bytes)]]);
});

test('it names the newest entries of the station’s and of the store’s log, and its roots stand on them', async () => {
  const disk = vaultDisk();
  const documents = plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  await append(depsOn(disk, 2), numbered(1));
  const [own] = readLog(disk);
  const log = disk.peek(`${VAULT}/r-store/custody/${own?.segment}.jsonl`) ?? new Uint8Array();
  // A station's log is of the same form: the store's own stands for one here.
  disk.plant(`${VAULT}/kod-1/custody/${own?.segment}.jsonl`, log);
  disk.plant(`${VAULT}/kod-1/custody/newest.json`, JSON.stringify({ segment: own?.segment }));
  await make(makerOn(disk, 3, MORNING));
  const [station, store] = witnessOf(disk, '2026-11-25').witness.keepers;
  const line = Buffer.from(log).toString('utf8').split('\n').at(-2) ?? '';
  const head = { segment: own?.segment, sequence: own?.last.sequence, sha256: sha256(line) };
  expect(station).toMatchObject({ keeper: 'kod-1', documents: 2, custody_head: head });
  expect(station?.root).toBe(rootOf(...documents, Buffer.from(line)));
  expect(store).toEqual({
    keeper: 'r-store',
    documents: 0,
    custody_head: head,
    root: rootOf(Buffer.from(line)),
  });
});

test.each([
  ['2026-11-25T23:59:59.999Z', []],
  ['2026-11-26T00:14:59.000Z', []],
  ['2026-11-26T00:15:01.000Z', ['2026-11-25']],
])(
  'at %s the witnesses of a 25th are %j: a day must be over, and what was begun in it durable',
  async (at, made) => {
    const disk = vaultDisk();
    plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
    await make(makerOn(disk, 4, at));
    expect(days(disk)).toEqual(made);
  },
);

test('days without a document get none; days that were missed are made up for in order, a month at a time', async () => {
  const disk = vaultDisk();
  for (let day = 1; day <= 28; day++)
    for (const month of ['09', '10'])
      plantReceipted(
        disk,
        100 * Number(month) + day,
        `2026-${month}-${String(day).padStart(2, '0')}T10:00:00.000Z`,
      );
  const first = await make(makerOn(disk, 5, MORNING));
  expect(first.made).toHaveLength(31);
  expect(first.more).toBe(true);
  const second = await make(makerOn(disk, 6, MORNING));
  expect(second.made).toHaveLength(25);
  expect((await make(makerOn(disk, 7, MORNING))).made).toEqual([]);
  expect(days(disk)).toHaveLength(56);
  const chain = days(disk)
    .sort()
    .map((day) => witnessOf(disk, day));
  for (const [at, { witness }] of chain.entries())
    expect(witness.previous_sha256).toBe(at === 0 ? null : sha256(chain[at - 1]?.bytes ?? ''));
  expect(entered(disk)).toEqual(chain.map(({ witness, bytes }) => [witness.day, sha256(bytes)]));
});

test('a witness is never made again, whatever comes into its day later', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  await make(makerOn(disk, 8, MORNING));
  const { bytes } = witnessOf(disk, '2026-11-25');
  plantReceipted(disk, 2, '2026-11-25T11:00:00.000Z');
  plantReceipted(disk, 3, '2026-11-26T11:00:00.000Z');
  await make(makerOn(disk, 9, '2026-11-27T08:00:00.000Z'));
  expect(witnessOf(disk, '2026-11-25').bytes).toEqual(bytes);
  expect(days(disk).sort()).toEqual(['2026-11-25', '2026-11-26']);
});

test('several processes at one time make each day once', async () => {
  const disk = vaultDisk();
  for (const day of [20, 21, 22]) plantReceipted(disk, day, `2026-11-${day}T10:00:00.000Z`);
  const locks = new MemoryLocks();
  const runs = await Promise.all([10, 11, 12].map((seed) => make(makerOn(disk, seed, MORNING, locks))));
  while ((await make(makerOn(disk, 13, MORNING))).made.length > 0);
  expect(days(disk).sort()).toEqual(['2026-11-20', '2026-11-21', '2026-11-22']);
  const all = runs.flatMap(({ made }) => made.map(({ day }) => day));
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(entered(disk).map(([day]) => day))).toEqual(new Set(days(disk)));
});

test('one that stands still keeps another one from making the same day', async () => {
  const disk = vaultDisk();
  const locks = new MemoryLocks();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  const stopping = new StoppingFiles(
    disk,
    (operation, path) => operation === 'rename' && path === `${WITNESSES}/2026-11-25.json`,
  );
  const first = make(makerOn(stopping.files, 14, MORNING, locks));
  await stopping.stopped;
  const second = make(makerOn(disk, 15, '2026-11-26T09:00:00.000Z', locks));
  stopping.goOn();
  expect((await first).made).toHaveLength(1);
  expect((await second).made).toHaveLength(0);
  expect(days(disk)).toEqual(['2026-11-25']);
});

test('a power cut at any step leaves each witness whole or not there, and the next call makes up for it and for its entry', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  const start = disk.crash(disk.steps, 'everything');
  await make(makerOn(start, 17, MORNING));
  for (let step = 0; step <= start.steps; step++)
    for (const survival of SURVIVALS) {
      const after = start.crash(step, survival);
      const where = `at ${step} (${start.stepLabel(step)}), ${survival} survived`;
      const before = days(after).map((day) => [day, witnessOf(after, day).bytes] as const);
      await make(makerOn(after, 18, MORNING));
      for (const [day, bytes] of before) expect(witnessOf(after, day).bytes, where).toEqual(bytes);
      expect(days(after), where).toEqual(['2026-11-25']);
      const told = new Set(days(after).map((day) => sha256(witnessOf(after, day).bytes)));
      expect(new Set(entered(after).map(([, digest]) => digest)), where).toEqual(told);
    }
});

test('a station’s log that cannot be read is left out, and a document that cannot be read is told', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  disk.plant(`${VAULT}/kod-1/custody/${idOf(9)}.jsonl`, 'no entry\n');
  disk.plant(`${VAULT}/kod-1/${idOf(2)}/receipt.json`, 'no receipt');
  const deps = makerOn(disk, 19, MORNING);
  await make(deps);
  expect(witnessOf(disk, '2026-11-25').witness.keepers[0]).toMatchObject({
    documents: 2,
    custody_head: null,
  });
  expect(deps.log.messages('warn')).toEqual([
    'witness: unreadable documents left out',
    'witness: end of a custody log not readable',
  ]);
});

test('a damaged last witness stops the chain with a clear error: nothing is made that follows it', async () => {
  const disk = vaultDisk();
  plantReceipted(disk, 1, '2026-11-25T10:00:00.000Z');
  await make(makerOn(disk, 20, MORNING));
  disk.corrupt(`${WITNESSES}/2026-11-25.json`, (bytes) => bytes.subarray(0, 100));
  plantReceipted(disk, 2, '2026-11-26T10:00:00.000Z');
  await expect(make(makerOn(disk, 21, '2026-11-27T08:00:00.000Z'))).rejects.toMatchObject({
    code: 'canonical.refused',
  });
  expect(days(disk)).toEqual(['2026-11-25']);
});

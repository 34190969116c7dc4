import { expect, test } from 'vitest';
import type { CustodyLogOptions } from '../../../agent/custody/custody-log.ts';
import type { CustodyEntry } from '../../../protocol/custody/custody-entry.ts';
import {
  keyIdHex,
  makeSecretKey,
  publicKeyOf,
  signatureKeyId,
} from '../../../protocol/documents/minisign.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { SURVIVALS, type CrashDisk } from '../../fakes/files-crash.ts';
import { filesWith } from '../../fakes/files-with.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import { chainsOn, eventsOn, FOLDER, logDisk, logKey, numbered, openLog } from './custody-scenario.ts';

const NEXT = makeSecretKey(seededRandom(202));
const CHANGE = {
  old_key_id: keyIdHex(logKey.keyId),
  new_key_id: keyIdHex(NEXT.keyId),
  change_sha256: 'c'.repeat(64),
};
/** The agent after the change. */
const AFTER: Partial<CustodyLogOptions> = {
  signer: fastSigner(NEXT),
  stationKeys: [publicKeyOf(NEXT), publicKeyOf(logKey)],
  keyChange: CHANGE,
};

/** A run of the agent that enters one event. `number` names it and decides the segment's id. */
async function run(disk: CrashDisk, number: number, options: Partial<CustodyLogOptions> = {}): Promise<void> {
  const { custody, conditions } = await openLog(disk, number, options);
  custody.append(numbered(number));
  await custody.checkpoint();
  await custody.close();
  expect(conditions.codes()).toEqual([]);
}

/** Keys of a segment's checkpoints. */
function keysOf(entries: readonly CustodyEntry[]): Set<string | undefined> {
  const checkpoints = entries.filter(({ event }) => event === 'checkpoint');
  return new Set(checkpoints.map(({ facts }) => signatureKeyId(String(facts['signature']))));
}

/** The segment that the numbered event lies in. */
function segmentOf(disk: CrashDisk, number: number): CustodyEntry[] {
  const found = [...chainsOn(disk).values()].find((entries) =>
    entries.some(({ facts }) => facts['number'] === number),
  );
  if (found === undefined) throw new Error(`no segment has event ${number}`);
  return found;
}

test('a change of the key is the second entry of the first segment that the new key signs, once', async () => {
  const disk = logDisk();
  await run(disk, 1);
  await run(disk, 2, AFTER);
  await run(disk, 3, AFTER);
  const [old, first, second] = [1, 2, 3].map((number) => segmentOf(disk, number));
  expect(first?.slice(0, 2).map(({ event }) => event)).toEqual(['segment-opened', 'key-changed']);
  expect(first?.[1]?.facts).toEqual(CHANGE);
  expect(first?.[0]?.facts['last_sequence']).toBe(old?.length);
  expect(eventsOn(disk, 'key-changed')).toHaveLength(1);
  expect([old, first, second].map((entries) => [...keysOf(entries ?? [])])).toEqual([
    [CHANGE.old_key_id],
    [CHANGE.new_key_id],
    [CHANGE.new_key_id],
  ]);
});

test('the first key of a station is no change', async () => {
  const disk = logDisk();
  await run(disk, 1);
  expect(eventsOn(disk, 'key-changed')).toEqual([]);
});

test('a segment of the old key that was cut off is followed and ended, and the chain goes on behind it', async () => {
  const disk = logDisk();
  const { custody } = await openLog(disk, 1);
  custody.append(numbered(1));
  await custody.checkpoint();
  const after = disk.crash(disk.steps, 'everything'); // killed
  await run(after, 2, AFTER);
  const [old, fresh] = [segmentOf(after, 1), segmentOf(after, 2)];
  expect(fresh[0]?.facts['last_sequence']).toBe(old.length);
  expect([...keysOf(old)]).toEqual([CHANGE.old_key_id]);
  const ended = [...after.tree(FOLDER).keys()].filter((name) => name.endsWith('.minisig'));
  expect(ended).toHaveLength(2);
});

test('a segment of a key that this station never had is a break', async () => {
  const disk = logDisk();
  const { custody } = await openLog(disk, 1);
  custody.append(numbered(1));
  await custody.checkpoint();
  const after = disk.crash(disk.steps, 'everything');
  const { conditions } = await openLog(after, 2, { ...AFTER, stationKeys: [publicKeyOf(NEXT)] });
  expect(conditions.isRaised('custody.chain-broken')).toBe(true);
});

test('a power cut at any step of the first start with the new key leaves the change in the log once, as second entry', async () => {
  const before = logDisk();
  await run(before, 1);
  const disk = before.crash(before.steps, 'everything');
  await run(disk, 2, AFTER);
  for (let step = 0; step <= disk.steps; step++)
    for (const survival of SURVIVALS) {
      const after = disk.crash(step, survival);
      await run(after, 3, AFTER);
      const where = `at ${step} (${disk.stepLabel(step)}), ${survival} survived`;
      const chains = [...chainsOn(after).values()];
      const covered = chains.filter((entries) => keysOf(entries).has(CHANGE.new_key_id));
      const changed = covered.filter((entries) => entries.some(({ event }) => event === 'key-changed'));
      expect(changed, where).toHaveLength(1);
      expect(changed[0]?.[1]?.event, where).toBe('key-changed');
      for (const entries of chains) expect(keysOf(entries).size, where).toBeLessThanOrEqual(1);
    }
});

test('a first write that fails keeps the change for the next one', async () => {
  const disk = logDisk();
  await run(disk, 1);
  disk.fail({ operation: 'write', nth: 1, code: 'EIO' });
  await run(disk, 2, AFTER);
  expect(segmentOf(disk, 2)[1]?.event).toBe('key-changed');
  expect(eventsOn(disk, 'key-changed')).toHaveLength(1);
});

test('a change is entered although the newest segment cannot be read: said twice is better than not at all', async () => {
  const disk = logDisk();
  await run(disk, 1, AFTER);
  disk.fail({ operation: 'readAll', nth: 1, times: Infinity, code: 'EIO', path: '.jsonl' });
  const { custody } = await openLog(disk, 2, AFTER);
  disk.heal();
  await custody.close();
  expect(eventsOn(disk, 'key-changed').length).toBeGreaterThan(0);
});

test('a change is entered once, as second entry, although a break was found and the disk shows the newest segment late', async () => {
  const disk = logDisk();
  await run(disk, 1);
  const [broken] = [...chainsOn(disk).keys()];
  await run(disk, 2);
  disk.corrupt(`${FOLDER}/${broken}.jsonl`, (bytes) => Buffer.concat([bytes, Buffer.from('x')]));
  const clock = new ManualClock();
  const readAll: CrashDisk['readAll'] = async (path, bytesMax) => {
    const bytes = await disk.readAll(path, bytesMax);
    if (path.endsWith('.jsonl')) await clock.advance(1500);
    return bytes;
  };
  const open: CrashDisk['open'] = async (path, mode) => {
    if (path.endsWith('.jsonl') && mode === 'read') await clock.advance(1500); // the log is read once more for what it says
    return disk.open(path, mode);
  };
  const { custody, conditions } = await openLog(filesWith(disk, { readAll, open }), 4, { ...AFTER, clock });
  expect(conditions.isRaised('custody.chain-broken')).toBe(true);
  custody.append(numbered(4));
  await custody.checkpoint();
  await custody.close();
  disk.corrupt(`${FOLDER}/${broken}.jsonl`, (bytes) => bytes.subarray(0, -1));
  const fresh = [...chainsOn(disk).values()].filter((entries) => keysOf(entries).has(CHANGE.new_key_id));
  expect(fresh).toHaveLength(1);
  expect(fresh[0]?.slice(0, 2).map(({ event }) => event)).toEqual(['segment-opened', 'key-changed']);
});

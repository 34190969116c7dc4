// A station that is not what it was, at a real store: its card image is an older one, its log is gone, a tail is cut, a segment is another
// one. Each is seen against what the store holds, named, shown until a person has acknowledged it, and costs nothing.
import { cp, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeAcknowledgement } from '../../agent/custody/acknowledgement.ts';
import { chainGroups } from '../../protocol/custody/custody-chain.ts';
import { CHAIN_START, parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { parseSegmentId, type SegmentId } from '../../protocol/format/ids.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { inlineSigner } from '../../protocol/documents/minisign.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';

let dock: DockAndStore;
beforeEach(async () => {
  dock = await DockAndStore.open({ release: 'never' });
  await dock.startReceiver();
});
afterEach(() => dock.close());

const spool = (...names: string[]): string => join(dock.folder, 'spool', ...names);
const vaultLog = (...names: string[]): string => join(dock.folder, 'vault', STATION, 'custody', ...names);
const segmentsIn = async (folder: string): Promise<SegmentId[]> =>
  (await readdir(folder))
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => parseSegmentId(name.slice(0, -'.jsonl'.length)));

async function entriesIn(path: string): Promise<CustodyEntry[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  return lines.map((line) => parseCustodyEntry(Buffer.from(line)));
}

/** Entries of that event in the station's log, whatever their segment. */
async function logged(event: CustodyEntry['event']): Promise<CustodyEntry['facts'][]> {
  const all = await Promise.all(
    (await segmentsIn(spool('custody'))).map((id) => entriesIn(spool('custody', `${id}.jsonl`))),
  );
  return all
    .flat()
    .filter((entry) => entry.event === event)
    .map(({ facts }) => facts);
}

/** One run of the agent in which so many files became receipted, and after which the store holds the whole log but its last lines. */
async function day(...files: string[]): Promise<SegmentId> {
  const before = new Set(await segmentsIn(spool('custody')).catch(() => []));
  await dock.startStation();
  for (const file of files) dock.camera.put(file, Buffer.from(`film of ${file}`));
  if (files.length > 0)
    await dock.until('receipts', () => {
      const { entries, entries_receipted: receipted } = dock.bay();
      return Number(entries) > 0 && entries === receipted;
    });
  const segment = (await segmentsIn(spool('custody'))).find((id) => !before.has(id));
  if (segment === undefined) throw new Error('no segment of this run');
  await dock.until('the log in the vault', async () => {
    const ours = (await readFile(spool('custody', `${segment}.jsonl`))).length;
    return (await readFile(vaultLog(`${segment}.jsonl`)).catch(() => Buffer.alloc(0))).length === ours;
  });
  await dock.stopStation();
  return segment;
}

const isShown = (): boolean => dock.conditions.isRaised('custody.store-differs');

/** Starts the station and waits until it said whether something differs. */
async function startAndSay(): Promise<void> {
  const before = dock.conditions.history.length;
  await dock.startStation();
  await dock.until('its word', () =>
    dock.conditions.history.slice(before).some(({ code }) => code === 'custody.store-differs'),
  );
}

/** Runs the station until the difference is shown and the store has the entry that names it. */
async function untilNamed(): Promise<void> {
  await dock.startStation();
  await dock.until('the difference', () => isShown());
  await dock.until('its entry in the vault', async () => {
    const texts = await Promise.all(
      (await segmentsIn(vaultLog())).map((id) => readFile(vaultLog(`${id}.jsonl`), 'utf8')),
    );
    return texts.join('').includes('"event":"difference-found"');
  });
}

/** What may never be drawn twice, of each recording in the spool: its id, the shares and wrapped keys of its header, the nonce, the first bytes. */
async function drawn(): Promise<Map<string, string[]>> {
  const names = await readdir(spool('ready'));
  const sealed = await Promise.all(names.map((name) => readFile(spool('ready', name, 'payload.age'))));
  return new Map(
    sealed.map((bytes, at) => {
      const end = bytes.indexOf('\n', bytes.indexOf('\n--- ') + 1);
      const header = bytes.subarray(0, end).toString('latin1').split('\n').slice(1);
      const shares = header.map((line) => line.replace(/^(?:-> X25519|---) /, ''));
      const [nonce, first] = [bytes.subarray(end + 1, end + 17), bytes.subarray(end + 17, end + 29)];
      const name = names[at] ?? '';
      return [name, [name, ...shares, nonce.toString('hex'), first.toString('hex')]];
    }),
  );
}

describe('an older card image that was put back', () => {
  test('seals what it sealed before under another id, by another key, from another nonce', async () => {
    await day('a.mp4');
    await cp(spool(), join(dock.folder, 'image'), { recursive: true });
    await dock.startStation();
    for (const file of ['b.mp4', 'c.mp4']) dock.camera.put(file, Buffer.from(`film of ${file}`));
    const sealed = async (): Promise<boolean> => (await drawn()).size === 3;
    await dock.until('two more files sealed', sealed);
    await dock.stopStation();
    const before = await drawn();
    await rm(spool(), { recursive: true });
    await cp(join(dock.folder, 'image'), spool(), { recursive: true });
    expect((await drawn()).size).toBe(1);
    await dock.startStation();
    await dock.until('the same files sealed again', sealed);
    const again = [...(await drawn())].filter(([name]) => !before.has(name));
    expect([before.size, again.length]).toEqual([3, 2]);
    const all = [...before.values(), ...again.map(([, values]) => values)].flat();
    // Of each recording: id, one share and one wrapped key for the one recipient, the header's MAC, nonce, first bytes.
    expect(all).toHaveLength(5 * 6);
    expect(new Set(all).size).toBe(all.length);
  });

  test('is recognised, stands over starts although the log went on, and is over once a person has acknowledged it', async () => {
    await day('a.mp4');
    await cp(spool(), join(dock.folder, 'image'), { recursive: true });
    const lost = await day('b.mp4');
    const vaultBefore = await dock.vault();
    await rm(spool(), { recursive: true });
    await cp(join(dock.folder, 'image'), spool(), { recursive: true });

    await untilNamed();
    expect(dock.conditions.facts('custody.store-differs')).toMatchObject({
      difference: 'older-image',
      segment: lost,
      differences: 1,
    });
    await dock.until('all receipted', () => dock.bay()['entries'] === dock.bay()['entries_receipted']);
    await dock.stopStation();
    expect(await logged('difference-found')).toEqual([
      expect.objectContaining({ difference: 'older-image', subject: lost }),
    ]);
    expect(dock.storeConditions.isRaised('custody.fork', STATION)).toBe(true);

    await startAndSay();
    expect(isShown()).toBe(true);
    await dock.stopStation();
    expect(await logged('difference-found')).toHaveLength(1);

    const word = { reason: 'image-put-back', made_at: '2026-11-25T10:00:00.000Z' };
    await writeAcknowledgement(nodeFiles(), spool('acknowledgement.json'), word);
    await dock.startStation();
    await dock.until('the end of it', () => !isShown());
    await dock.stopStation();
    expect(await logged('difference-acknowledged')).toEqual([{ differences: 1, reason: 'image-put-back' }]);
    expect(await readdir(spool())).not.toContain('acknowledgement.json');

    await startAndSay();
    expect(isShown()).toBe(false);
    await dock.stopStation();
    expect(dock.camera.files().map(({ path }) => Buffer.from(path).toString())).toEqual(['a.mp4', 'b.mp4']); // nothing was erased for it
    const kept = (await dock.vault()).map(({ manifest }) => manifest.recording);
    expect(kept).toEqual(expect.arrayContaining(vaultBefore.map(({ manifest }) => manifest.recording)));
  });
});

test('a log that is gone while the spool is there is recognised', async () => {
  const lost = await day('a.mp4');
  await rm(spool('custody'), { recursive: true });
  await rm(spool('ledger.jsonl'));
  await untilNamed();
  expect(dock.conditions.facts('custody.store-differs')).toMatchObject({
    difference: 'older-image',
    segment: lost,
  });
  await dock.stopStation();
});

test('a tail that is cut off is recognised, in whatever segment', async () => {
  const cut = await day('a.mp4');
  await day('b.mp4');
  const path = spool('custody', `${cut}.jsonl`);
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  await writeFile(path, `${lines.slice(0, -2).join('\n')}\n`);
  await unlink(`${path}.minisig`);
  await untilNamed();
  expect(dock.conditions.facts('custody.store-differs')).toMatchObject({
    difference: 'cut-tail',
    segment: cut,
  });
  await dock.stopStation();
});

test('a segment that was written anew with the key of the station is recognised', async () => {
  const forged = await day('a.mp4');
  const path = spool('custody', `${forged}.jsonl`);
  const entries = (await entriesIn(path)).filter(({ event }) => event !== 'checkpoint');
  const changed = entries.map(({ at, boot, monotonic_ms, event, facts }) => ({
    at,
    boot,
    monotonic_ms,
    event,
    facts: event === 'docked' ? { ...facts, camera: 'cam-2' } : facts,
  }));
  const { bytes } = await chainGroups(CHAIN_START, changed, {
    station: STATION,
    segment: forged,
    signer: inlineSigner(dock.stationKey),
    stamp: () => ({ at: '2026-11-25T10:00:00.000Z', boot: null, monotonic_ms: 1 }),
  });
  await writeFile(path, bytes);
  await unlink(`${path}.minisig`);
  await untilNamed();
  const { difference, segment } = dock.conditions.facts('custody.store-differs') ?? {};
  expect(segment).toBe(forged);
  expect(['rewritten', 'cut-tail']).toContain(difference); // the forged one has fewer checkpoints than the true one
  await dock.stopStation();
});

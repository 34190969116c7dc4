// Which events a station enters into its custody log over a life: what SPEC 4.3.5 lists, with the facts that it lists, each from the stage
// that did it. Read from the segments that lie in the vault.
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCustodyEntry, type CustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { factsFault } from '../../protocol/custody/custody-facts.ts';
import { encodeUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { DockAndStore, STATION } from '../fakes/dock-and-store.ts';
import { ManualClock } from '../fakes/clock-manual.ts';

const clip = randomBytes(700_000);
const CHANGED = 'c'.repeat(64);
let dock: DockAndStore;
let entries: CustodyEntry[];

/** Whatever waits by the manual clock goes on: a tenth of a second of it for each look. */
async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  await dock.until(
    what,
    async () => {
      await (dock.clock as ManualClock).advance(100);
      return holds();
    },
    30_000,
  );
}

async function logIn(folder: string): Promise<CustodyEntry[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.jsonl'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return lines.map((line) => parseCustodyEntry(encodeUtf8(line))).sort((a, b) => (a.at < b.at ? -1 : 1));
}

beforeAll(async () => {
  const clock = new ManualClock();
  dock = await DockAndStore.open({ clock });
  dock.camera.put('DCIM/A.MP4', clip, { modifiedAt: '2026-11-25T07:00:00.000Z' });
  dock.camera.put('DCIM/EMPTY.MP4', new Uint8Array(0));
  dock.camera.put('DCIM/LINK', new Uint8Array(0), { kind: 'not-a-file' });
  await dock.startReceiver();
  await dock.startStation();
  await until('both erased', () => dock.camera.files().length === 1 && dock.bay()['entries_erased'] === 2);
  dock.station?.station.configurationInForce(CHANGED);
  clock.jumpWall(7_200_000);
  const held = async (): Promise<CustodyEntry[]> => logIn(join(dock.folder, 'vault', STATION, 'custody'));
  await until('the step in the vault', async () =>
    (await held()).some(({ event }) => event === 'clock-stepped'),
  );
  dock.camera.detach();
  await until('the docking receipted', async () => {
    const log = await held();
    const record = log.find(({ event }) => event === 'docking-recorded')?.facts['record'];
    return log.some(({ event, facts }) => event === 'receipted' && facts['recording'] === record);
  });
  const stopping = dock.stopStation();
  let stopped = false;
  void stopping.finally(() => (stopped = true));
  await until('the station stopped', () => stopped);
  await stopping;
  entries = await logIn(join(dock.folder, 'spool', 'custody'));
}, 90_000);
afterAll(() => dock.close());

function of(event: CustodyEntry['event']): CustodyEntry['facts'][] {
  return entries.filter((entry) => entry.event === event).map(({ facts }) => facts);
}

describe('the log of a station that took two recordings, released them, and was stopped', () => {
  test('holds start, stop, configuration with its changes, proofs, and the clock with its step', () => {
    expect(of('agent-started')).toEqual([{ version: 'test' }]);
    expect(of('agent-stopped')).toEqual([{}]);
    expect(of('configuration')).toEqual([{ sha256: '0'.repeat(64) }, { sha256: CHANGED }]);
    expect(of('proof-installed')).toEqual([
      { recipient_sha256: sha256Hex(encodeUtf8(dock.identity.recipient)) },
    ]);
    expect(of('clock-state')).toEqual([{ synchronised: null }]);
    expect(of('clock-stepped')).toEqual([{ step_ms: 7_200_000 }]);
    expect(entries[0]?.event).toBe('segment-opened');
  });

  test('holds every stage of each recording, in the order in which it happened', () => {
    const [pulled] = of('pulled').filter(({ size_bytes: size }) => size === clip.length);
    const recording = pulled?.['recording'];
    expect(pulled?.['sha256']).toBe(sha256Hex(clip));
    const stages = entries.filter(({ facts }) => facts['recording'] === recording).map(({ event }) => event);
    expect(stages).toEqual(['pulled', 'sealed', 'spooled', 'offered', 'receipted', 'erasing', 'erased']);
    const seen = entries.findIndex(
      ({ event, facts }) => event === 'seen' && facts['path_sha256'] === pulled?.['path_sha256'],
    );
    const listed = entries.findIndex(({ event }) => event === 'inventory');
    const read = entries.findIndex(({ event }) => event === 'pulled');
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(listed);
    expect(listed).toBeLessThan(read);
  });

  test('holds what was odd, what was no file, the docking and its record', () => {
    const [empty] = of('pulled').filter(({ size_bytes: size }) => size === 0);
    expect(of('rejected')).toEqual([{ recording: empty?.['recording'], reason: 'empty' }]);
    const [docked] = of('docked');
    expect(docked).toMatchObject({ bay: 'bay-1', camera: 'cam-1' });
    const docking = docked?.['docking'];
    expect(of('not-taken')).toEqual([
      { docking, path_sha256: sha256Hex(encodeUtf8('DCIM/LINK')), reason: 'not-a-file' },
    ]);
    expect(of('undocked')).toEqual([{ bay: 'bay-1', docking }]);
    expect(of('docking-recorded')).toMatchObject([{ docking, part: 1, parts: 1 }]);
    expect(of('inventory')[0]).toMatchObject({ docking, entries: 3, bytes: clip.length });
  });

  test('has for every entry the facts of the format, and no name, path or serial number in any of them', () => {
    for (const entry of entries)
      expect([entry.event, factsFault('station', entry)]).toEqual([entry.event, undefined]);
    const text = JSON.stringify(entries);
    // With what base64 cannot hold, or too long for it: a signature had `MP4` in it once.
    expect(text).not.toMatch(/DCIM\/|\.MP4|EMPTY/);
  });
});

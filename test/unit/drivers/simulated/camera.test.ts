import { mkdtempSync, rmSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assignRoles } from '../../../../agent/inventory/roles.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import type { InventoryEntry } from '../../../../drivers/driver.ts';
import { massStorageDriver } from '../../../../drivers/mass-storage/driver.ts';
import {
  type CameraWish,
  makeEventLog,
  makeGpsTrack,
  makeSimulatedCamera,
  simulatedFiles,
} from '../../../../drivers/simulated/camera.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { latin1, live, readBytes } from '../../../contracts/driver-subject.ts';

const wish: CameraWish = { kind: 'two-clips', seed: 1, startedAtMs: Date.UTC(2026, 10, 24, 20) };
let outer: string;
beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'bodydock-simulated-'));
});
afterEach(() => rmSync(outer, { recursive: true, force: true }));

async function made(
  wish: CameraWish,
  name = 'camera',
): Promise<{ entries: readonly InventoryEntry[]; digests: string[] }> {
  const path = join(outer, name);
  await makeSimulatedCamera(path, wish, live());
  const driver = massStorageDriver({ clock: nodeClock(), times: { noticeMs: 0 } });
  const session = await driver.open({ kind: 'folder', path }, live());
  const { entries, problems } = await session.inventory(live());
  expect(problems).toEqual([]);
  const digests: string[] = [];
  for (const entry of entries) digests.push(sha256Hex(await readBytes(session, entry)));
  await session.close();
  return { entries, digests };
}

describe('a simulated camera folder', () => {
  test('with two clips has two recordings with two sidecars each and nothing rejected', async () => {
    const { entries } = await made(wish);
    const names = [
      'KOD_0001.GPS',
      'KOD_0001.LOG',
      'KOD_0001.MP4',
      'KOD_0002.GPS',
      'KOD_0002.LOG',
      'KOD_0002.MP4',
    ];
    expect(entries.map((entry) => latin1(entry.path))).toEqual(names.map((name) => `DCIM/100MEDIA/${name}`));
    const listed = entries.map((entry) => ({ listed: entry, pathSha256: sha256Hex(entry.path) }));
    const roles = await assignRoles(listed, async () => undefined);
    expect(roles.map((role) => role.rejected)).toEqual(roles.map(() => null));
    expect(roles.filter((role) => role.role === 'media').map((role) => role.sidecars.length)).toEqual([2, 2]);
    expect(entries[2]?.modifiedAt).toBe('2026-11-24T20:00:12.000Z');
    expect(entries[5]?.modifiedAt).toBe('2026-11-24T20:15:12.000Z');
  });

  test('is the same for the same wish, and another for another seed', async () => {
    const first = await made(wish, 'a');
    const same = await made(wish, 'b');
    const other = await made({ ...wish, seed: 2 }, 'c');
    expect(same.digests).toEqual(first.digests);
    expect(same.entries.map((entry) => entry.modifiedAt)).toEqual(
      first.entries.map((entry) => entry.modifiedAt),
    );
    expect(other.digests.filter((digest) => first.digests.includes(digest))).toEqual([]);
  });

  test('with a long clip has that one besides several short ones', async () => {
    const { entries } = await made({ ...wish, kind: 'long-clip', longClipBytes: 5_000_000 });
    const sizes = entries
      .filter((entry) => latin1(entry.path).endsWith('.MP4'))
      .map((entry) => entry.sizeBytes);
    expect(sizes).toHaveLength(4);
    expect(Math.max(...sizes)).toBe(5_000_000);
    const standard = simulatedFiles({ ...wish, kind: 'long-clip' }).map((file) => file.sizeBytes);
    expect(Math.max(...standard)).toBe(100_000_000);
  });

  test('without recordings is an empty DCIM', async () => {
    expect((await made({ ...wish, kind: 'empty' })).entries).toEqual([]);
    expect(await fs.readdir(join(outer, 'camera'))).toEqual(['DCIM']);
  });

  test('never overwrites what is there', async () => {
    const folder = join(outer, 'camera', 'DCIM', '100MEDIA');
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(join(folder, 'KOD_0001.MP4'), 'real evidence');
    await expect(makeSimulatedCamera(join(outer, 'camera'), wish, live())).rejects.toMatchObject({
      code: 'simulated.taken',
    });
    expect(await fs.readFile(join(folder, 'KOD_0001.MP4'), 'utf8')).toBe('real evidence');
  });

  test('stops when it is told to', async () => {
    const stopped = AbortSignal.abort(new Error('stop now'));
    await expect(makeSimulatedCamera(join(outer, 'camera'), wish, stopped)).rejects.toThrow();
  });
});

describe('made sidecars', () => {
  const wish = { recordedAtMs: Date.UTC(2026, 10, 24, 20, 0, 58), durationS: 3, seed: -5 };

  test('a track is NMEA with right sums, one position a second', () => {
    const lines = Buffer.from(makeGpsTrack(wish)).toString().split('\r\n');
    expect(lines.pop()).toBe('');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const [, body = '', sum = ''] = /^\$(.*)\*([0-9A-F]{2})$/.exec(line) ?? [];
      expect([...Buffer.from(body)].reduce((sum, byte) => sum ^ byte, 0)).toBe(parseInt(sum, 16));
      expect(body).toMatch(/^GPRMC,2000\d\d|^GPRMC,2001\d\d/);
      expect(body).toMatch(/,A,51\d\d\.\d{4},N,007\d\d\.\d{4},E,\d+\.\d,\d+\.\d,241126,,,A$/);
    }
  });

  test('a log is one JSON object a line, from start to stop', () => {
    const lines = Buffer.from(makeEventLog(wish)).toString().trimEnd().split('\n');
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['record-start', 'battery', 'record-stop']);
  });
});

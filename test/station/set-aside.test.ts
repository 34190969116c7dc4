// A whole station that starts behind an end without a word: the file at which it ended three times stays on its camera, everything else is
// taken and erased, and it is told; a person's word brings it back.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { encodeNote, writeAgain, writeTally } from '../../agent/pull/tally.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { parseBayId, parseCameraId } from '../../protocol/format/ids.ts';
import type { ConditionDocument } from '../../protocol/transfer/monitoring.ts';
import { BelievingClock } from '../fakes/clock-believing.ts';
import { DockAndStore } from '../fakes/dock-and-store.ts';

const AT = '2026-11-26T08:00:00.000Z';
const RUN = { boot: 'one boot', agent: 'test' };
let dock: DockAndStore;
afterEach(() => dock.close());

const bay = parseBayId('bay-1');
const camera = parseCameraId('cam-1');
const bad = { bay, camera, pathSha256: sha256Hex(Buffer.from('DCIM/BAD.MP4')), sizeBytes: 70_000 };
const shown = (): ConditionDocument | undefined => {
  const text = dock.retained('condition/camera.set-aside');
  return text === '' ? undefined : (JSON.parse(text) as ConditionDocument);
};

test('it is not read, its camera is not safe, the record says why, and a word brings it back', async () => {
  dock = await DockAndStore.open({ cameras: 2, bootId: RUN.boot, clock: new BelievingClock({ pace: 40 }) });
  const tries = join(dock.folder, 'spool', 'tries');
  for (const each of dock.cameras) each.detach();
  await dock.startStation();
  await dock.stopStation();
  await writeTally(nodeFiles(), tries, { agent: RUN.agent, files: [{ ...bad, brokenOff: 2, at: AT }] });
  await writeFile(join(tries, 'bay-1.1.try'), encodeNote(bad, RUN));
  for (const name of ['A.MP4', 'BAD.MP4', 'C.MP4'])
    dock.camera.put(`DCIM/${name}`, new Uint8Array(70_000).fill(name.charCodeAt(0)));
  dock.cameras[1]?.put('DCIM/BAD.MP4', new Uint8Array(70_000));
  for (const each of dock.cameras) each.attach();
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('told', () => shown() !== undefined);
  expect(shown()).toMatchObject({ severity: 'error', subjects: [{ subject: bay, facts: { entries: 1 } }] });
  await dock.until('all others erased', () => [...dock.cameras].flatMap((each) => each.files()).length === 1);
  await dock.until('a person called', () => dock.bay()['light'] === 'call-someone');
  expect(dock.bay()).toMatchObject({ state: 'failed', entries_waiting: 1, entries_spooled: 2 });
  expect(dock.retained('condition/camera.not-taken')).toBe('');
  dock.camera.detach();
  await dock.until('the record', async () => (await dock.dockings()).some((each) => each.bay === bay));
  const [record] = (await dock.dockings()).filter((each) => each.bay === bay);
  expect(record?.entries.filter(({ fate }) => fate === 'waiting')).toEqual([
    expect.objectContaining({ path_sha256: bad.pathSha256, reason: 'agent-failed', erased: false }),
  ]);
  expect(shown()).toBeUndefined();
  dock.camera.attach();
  await dock.until('told again', () => shown() !== undefined);
  await writeAgain(nodeFiles(), tries, AT);
  await dock.until('taken and erased', () => dock.camera.files().length === 0);
  await dock.until('over', () => shown() === undefined && dock.bay()['light'] === 'safe-to-take');
  expect(JSON.parse(await readFile(join(tries, 'tally.json'), 'utf8'))).toMatchObject({ files: [] });
  expect(await dock.vault()).toHaveLength(4);
});

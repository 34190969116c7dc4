// Cameras that somebody recorded with `bodydock record-camera`: each file of test/vectors/cameras is played, and today's drivers must make of it
// what its last line says. A new camera is a new file. A driver that makes more of an old one changes that file's last line.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Disguise } from '../../../agent/cli/record-camera/disguise.ts';
import { recordCamera } from '../../../agent/cli/record-camera/record.ts';
import { parseRecorded, type RecordedCamera } from '../../../agent/cli/record-camera/recorded-file.ts';
import { live } from '../../contracts/driver-subject.ts';
import { playedCamera } from '../../fakes/recorded-camera.ts';

const CAMERAS = new URL('../../vectors/cameras/', import.meta.url);
/** Nothing moves, and a shape has the shape that it is. */
const AS_IT_IS = new Disguise(0);

const folder = mkdtempSync(join(tmpdir(), 'bodydock recorded '));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = readdirSync(CAMERAS)
  .filter((name) => name.endsWith('.jsonl'))
  .sort();

/** "Example Bodycam, 4 files". */
function told({ result: { identity, listing } }: RecordedCamera): string {
  const who = [identity?.vendor, identity?.model].filter(Boolean).join(' ') || 'no name';
  return `${who}, ${listing === null ? 'not listed' : `${listing.files} files`}`;
}

test('there are recorded cameras of each kind', () => {
  const kinds = names.map((name) => parseRecorded(readFileSync(new URL(name, CAMERAS), 'utf8')).head.kind);
  expect([...new Set(kinds)].sort()).toEqual(['folder', 'ptp', 'smp']);
});

for (const name of names) {
  const recorded = parseRecorded(readFileSync(new URL(name, CAMERAS), 'utf8'));
  test(`${name} (${told(recorded)}) is understood as when it was recorded`, async () => {
    const { place, ports } = await playedCamera(recorded, mkdtempSync(join(folder, 'card-')));
    const { result } = await recordCamera(place, ports, 'test', live(), AS_IT_IS);
    // The free space of a folder is this machine's.
    const ownCondition = recorded.head.kind === 'folder' ? { condition: recorded.result.condition } : {};
    expect({ ...result, ...ownCondition }).toEqual(recorded.result);
  });
}

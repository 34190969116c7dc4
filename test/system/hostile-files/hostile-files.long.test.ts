// Every file of a station and a store, damaged: one life that leaves all kinds of them, and the points that failed once of all those that
// `npm run test:hostile-files` tries by hand. With BODYDOCK_HOSTILE_POINTS so many more.
import { beforeAll, expect, test } from 'vitest';
import { shareOfRun } from '../../fakes/share-of-run.ts';
import { kindOf } from './file-kinds.ts';
import { runPoint, type PointName, type PointResult } from './point.ts';
import { allPoints, keptPoints, shareOf } from './points.ts';
import { lifeSnapshots, type Snapshot } from './snapshots.ts';

const POINTS = Number(process.env['BODYDOCK_HOSTILE_POINTS'] ?? 0);

let snapshots: readonly Snapshot[];
beforeAll(async () => {
  snapshots = await lifeSnapshots();
});

test('every file that a life leaves in spool and vault has its row', () => {
  const strange = snapshots.flatMap((moment) =>
    (['spool', 'vault'] as const).flatMap((side) =>
      [...moment[side]].flatMap(([path, bytes]) =>
        bytes === null || kindOf(side, path) !== undefined ? [] : [`${moment.name} ${side} ${path}`],
      ),
    ),
  );
  expect(strange).toEqual([]);
});

test('what is damaged is found, told, and taken or given again, at the points that failed once', async () => {
  expect(await failing(keptPoints(snapshots))).toEqual([]);
});

if (POINTS > 0)
  test(`and at ${POINTS} points of this share`, async () => {
    const points = allPoints(snapshots);
    const of = Math.ceil(points.length / POINTS);
    expect(await failing(shareOf(points, { share: shareOfRun, of }))).toEqual([]);
  });

async function failing(points: readonly PointName[]): Promise<PointResult[]> {
  const failed: PointResult[] = [];
  for (const name of points) {
    const result = await runPoint(snapshots, name);
    if (result.problems.length > 0) failed.push({ ...result, said: result.said.slice(0, 10) });
  }
  return failed;
}

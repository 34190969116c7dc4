// `npm run test:hostile-files`: every point, on as many threads as there are cores. A line for each point that fails and one at the end.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startWorker } from '../../../agent/platform/worker-thread.ts';
import type { PointName, PointResult } from './point.ts';
import { allPoints, BITS_PER_KIND, FILES_PER_DAMAGE } from './points.ts';
import { lifeSnapshots } from './snapshots.ts';

const HELP = `npm run test:hostile-files [-- --kind TEXT] [--damage TEXT] [--bits N] [--workers N] [--said]

Damages each kind of file that a station and a store keep, lets both start and live on until all is delivered, and judges what came of it.

  --kind TEXT    only kinds whose name holds this
  --damage TEXT  only damages whose name holds this
  --moment TEXT  only moments whose name holds this
  --path TEXT    only files whose path holds this
  --bits N       places of each kind at which a bit is turned; ${BITS_PER_KIND} by default
  --files N      files of each kind that every other damage is done to; ${FILES_PER_DAMAGE} by default
  --workers N    threads; one for each core by default
  --said         prints what was logged at each point that fails
`;

const options = {
  kind: { type: 'string', default: '' },
  damage: { type: 'string', default: '' },
  moment: { type: 'string', default: '' },
  path: { type: 'string', default: '' },
  bits: { type: 'string', default: `${BITS_PER_KIND}` },
  files: { type: 'string', default: `${FILES_PER_DAMAGE}` },
  workers: { type: 'string', default: `${availableParallelism()}` },
  said: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const points = allPoints(await lifeSnapshots(), {
    bits: Number(values.bits),
    files: Number(values.files),
  }).filter(
    ({ kind, damage, moment, path }) =>
      kind.includes(values.kind) &&
      damage.includes(values.damage) &&
      moment.includes(values.moment) &&
      path.includes(values.path),
  );
  const beganMs = performance.now();
  const results = await runAll(points, Number(values.workers), (result) => {
    if (result.problems.length === 0) return;
    const { moment, kind, path, damage, problems, said } = result;
    console.log(`${kind} (${moment}) ${path}, ${damage}:\n  ${problems.slice(0, 8).join('\n  ')}`);
    if (values.said) console.log(`  -- ${said.slice(0, 40).join('\n  -- ')}`);
  });
  const tried = results.filter(({ isTried }) => isTried);
  const failing = tried.filter(({ problems }) => problems.length > 0);
  const seconds = (performance.now() - beganMs) / 1000;
  const kinds = new Set(tried.map(({ kind }) => kind)).size;
  console.log(
    `${kinds} kinds of file, ${tried.length} points, ${failing.length} failing; ${(tried.length / seconds).toFixed(1)} points per second`,
  );
  return failing.length === 0 ? 0 : 1;
}

async function runAll(
  points: readonly PointName[],
  count: number,
  onResult: (result: PointResult) => void,
): Promise<readonly PointResult[]> {
  const results: PointResult[] = [];
  const left = points.values();
  const work = async (): Promise<void> => {
    const worker = startWorker(import.meta.url, './point-worker', {});
    try {
      for (const point of left) {
        worker.postMessage(point, []);
        const [result] = (await once(worker, 'message')) as [PointResult];
        results.push(result);
        onResult(result);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  return results;
}

process.exitCode = await main(process.argv.slice(2));

// A thread that runs the points that it is sent, one after the other, all from the same life.
import { parentPort } from 'node:worker_threads';
import { runPoint, type PointName } from './point.ts';
import { lifeSnapshots } from './snapshots.ts';

const snapshots = lifeSnapshots();

parentPort?.on('message', (name: PointName) => {
  void snapshots
    .then((moments) => runPoint(moments, name))
    .catch((error: unknown) => ({
      ...name,
      isTried: true,
      problems: [String((error as Error).stack ?? error)],
      said: [],
    }))
    .then((result) => parentPort?.postMessage(result, []));
});

// Set up in front of each test file where results are kept: how many points a test tried stands with its result.
import * as fc from 'fast-check';
import { afterEach } from 'vitest';
import { pointTried, takeFailedPoints, takePoints } from '../../fakes/points.ts';

declare module 'vitest' {
  interface TaskMeta {
    points?: number;
    failedPoints?: number;
  }
}

fc.configureGlobal({ ...fc.readConfigureGlobal(), beforeEach: () => pointTried() });

afterEach(({ task }) => {
  const points = takePoints();
  if (points > 0) task.meta.points = points;
  const failed = takeFailedPoints();
  if (failed > 0) task.meta.failedPoints = failed;
});

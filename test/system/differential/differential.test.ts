// Two verifiers of two languages, one of which knows SPEC.md alone: worlds with much about keys, honest and altered by anybody who has a key or none,
// are judged alike. A bounded part of what `npm run test:differential` goes on with for as long as it is told.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareWorld } from '../../fakes/differential/differential.ts';
import { PythonJudge } from '../../fakes/manipulations/judges.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

const SEEDS = [1, 2];
/** Altered copies of each world. */
const ALTERED = 10;
/** A second or two on idle cores; others may use them. */
const JUDGING_MS = 60_000;

describe.skipIf(lacksTools('python3'))('both verifiers agree', () => {
  let root: string;
  let python: PythonJudge;
  beforeAll(async () => {
    python = new PythonJudge();
    root = await mkdtemp(join(tmpdir(), 'bodydock-differential-'));
  });
  afterAll(async () => {
    python.close();
    await rm(root, { recursive: true, force: true });
  });

  test.each(SEEDS)(
    'on the world of seed %i and altered copies of it',
    async (seed) => {
      const compared = await compareWorld(join(root, `${seed}`), seed, ALTERED, { python });
      const { refused, missed, disagreements } = compared;
      expect({ missed, disagreements }).toEqual({ missed: [], disagreements: [] });
      expect(refused).toBeGreaterThan(ALTERED / 2); // else nothing was compared
    },
    JUDGING_MS,
  );

  test.each([5])(
    'on a kit of the world of seed %i and altered copies of it',
    async (seed) => {
      const asked = { python, what: 'kit' } as const;
      const { missed, disagreements } = await compareWorld(join(root, `kit-${seed}`), seed, ALTERED, asked);
      expect({ missed, disagreements }).toEqual({ missed: [], disagreements: [] });
    },
    JUDGING_MS,
  );
});

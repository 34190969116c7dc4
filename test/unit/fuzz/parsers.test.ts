// Whatever bytes come from a camera's card, a broker, a disk or a technician: each parser takes them or refuses them with a code, and does
// nothing else. `npm run test:fuzz` goes on for as long as it is told.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostileInputs, keptInputs } from './inputs.ts';
import { TARGETS } from './targets.ts';

const RUNS = 25 * Number(process.env['BODYDOCK_FUZZ_RUNS'] ?? 1);

test.each(TARGETS)('$name: any bytes are taken or refused with a code', async ({ name, run }) => {
  const kept = keptInputs(name);
  expect(kept.length).toBeGreaterThan(0);
  for (const input of kept) await run(input);
  await fc.assert(
    fc.asyncProperty(hostileInputs(kept), async (input) => run(input)),
    { numRuns: RUNS },
  );
});

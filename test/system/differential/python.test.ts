// The verifier in Python has tests of its own parts, which know nothing of the other one.
import { expect, test } from 'vitest';
import { testPython } from '../../fakes/manipulations/judges.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';

/** Some seconds on idle cores; others may use them. */
const PARTS_MS = 60_000;

test.skipIf(lacksTools('python3'))(
  'the parts of the verifier in Python pass their own tests',
  async () => expect(await testPython()).toMatch(/^Ran \d{2,} tests in .*\n\nOK/m),
  PARTS_MS,
);

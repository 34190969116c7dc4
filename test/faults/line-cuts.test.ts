// Connections cut at every k-th byte of an upload, on both sides of a real broker: each recording is in the vault once and whole, says the
// independent checker, and an upload goes on where it was.
import { cpus } from 'node:os';
import { describe, expect, test } from 'vitest';
import { UNIT_BYTES } from '../../protocol/format/limits.ts';
import { SLAB_BYTES, SLABS } from '../../agent/receiver/limits.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { groupsOfThisRun, shownFigures, shownGroup, sweepLine, type LineGroup } from './line-cuts-sweep.ts';

const { groups, places } = groupsOfThisRun();
/** Groups beside each other: they mostly wait. */
const LANES = Math.max(5, cpus().length / 2);
/** Messages without bytes of a recording, and what TLS adds. */
const CONTROL_BYTES = 1024 * 1024;
/** What one cut may have sent again (SPEC 6.5): what was in flight, which a broker may have held for a receiver, and a unit a time-out. */
const AGAIN_BYTES_MAX = SLABS * SLAB_BYTES + 4 * UNIT_BYTES + CONTROL_BYTES;
/** Some 200 places of four seconds each, by hand. */
const TIMEOUT_MS = 3 * 3_600_000;

describe.skipIf(lacksTools('mosquitto', 'openssl'))(
  `lines cut at ${groups.length * places.length} places`,
  () => {
    test(
      'carry everything in the end, once, and no upload begins anew',
      { timeout: TIMEOUT_MS },
      async () => {
        const left = [...groups];
        const wrong: string[] = [];
        const lane = async (): Promise<void> => {
          for (let next = left.shift(); next !== undefined; next = left.shift()) {
            const faults = await faultsOf(next);
            for (const fault of faults) wrong.push(`${shownGroup(next)}: ${fault}`);
          }
        };
        await Promise.all(Array.from({ length: LANES }, lane));
        expect(wrong).toEqual([]);
      },
    );
  },
);

async function faultsOf(group: LineGroup): Promise<string[]> {
  try {
    const figures = await sweepLine(group, places);
    console.log(shownFigures(group, figures));
    const faults = [...figures.problems];
    if (figures.tried !== places.length) faults.push(`only ${figures.tried} places were tried`);
    // What was on its way, and nothing of what had arrived; and less on the whole.
    if (figures.againBytesMax > AGAIN_BYTES_MAX)
      faults.push(`${figures.againBytesMax} bytes were sent again, which is more than was on its way`);
    if (places.length > 1 && figures.againBytes / places.length > SLABS * SLAB_BYTES)
      faults.push(`more than ${SLABS * SLAB_BYTES} bytes were sent again each time`);
    return faults;
  } catch (error) {
    return [String((error as Error).stack ?? error)];
  }
}

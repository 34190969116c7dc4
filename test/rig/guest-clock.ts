// Does the guest's clock go right? A kernel that boots on a starved machine may take its speed wrongly by a factor of 20, and then every
// deadline in the guest means something else. The machine's own clock stamps what the guest writes into the shared folder.
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from '../fakes/until.ts';

const MEASURE_MS = 3000;
const FACTOR_MAX = 1.5;
/** "The rig broke, and nothing is said of what was tested": it is started once more. */
const RIG_BROKE = 125;

/** Guest seconds that pass in a second of the machine. */
async function guestSpeed(folder: string): Promise<number> {
  const file = join(folder, 'clock-check');
  const stamp = async (): Promise<{ machineMs: number; guestMs: number }> => {
    await writeFile(file, 'x');
    return { machineMs: (await stat(file)).mtimeMs, guestMs: performance.now() };
  };
  const before = await stamp();
  await pause(MEASURE_MS);
  const after = await stamp();
  return (after.guestMs - before.guestMs) / (after.machineMs - before.machineMs);
}

/** Ends this process where the guest's clock goes wrong. `folder` is shared with the machine. */
export async function requireGoodClock(folder: string): Promise<void> {
  const speed = await guestSpeed(folder);
  if (speed < FACTOR_MAX && speed > 1 / FACTOR_MAX) return;
  process.stderr.write(`rig: the guest's clock goes ${speed.toFixed(1)} times as fast as it should\n`);
  process.exit(RIG_BROKE);
}

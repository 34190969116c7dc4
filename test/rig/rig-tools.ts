// Finds the rig's tools (a QEMU guest with real USB and serial devices) and runs a command in the guest. Knows nothing of what is tested.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** In the guest: the folder of the tools, to import its monitor client from. */
export const TOOLS_VARIABLE = 'BODYDOCK_RIG_TOOLS';
/** The guest ended by itself: the rig broke, and nothing is said of what was tested. */
const RIG_BROKE = 125;

/** Folder with run-in-rig.sh: named by BODYDOCK_TOOLS, or beside the project. Undefined where there is none. */
export function findRigTools(project: string): string | undefined {
  const named = process.env['BODYDOCK_TOOLS'];
  const folders = [
    ...(named === undefined ? [] : [named, join(named, 'rig')]),
    join(project, '../shared/rig'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'run-in-rig.sh')));
}

/** Builds guest and tools into the cache of the machine, where that is not done yet. Needs root and apt. Rejects where it fails. */
export async function buildRig(tools: string): Promise<void> {
  const code = await run(join(tools, 'build-rig.sh'), [], tools);
  if (code !== 0) throw new Error(`build-rig.sh ended with ${code}`);
}

/** On a busy machine the kernel takes the speed of the processor's counter wrongly; that of this timer is fixed. */
const KERNEL_ARGUMENTS = 'clocksource=acpi_pm';

export interface GuestWish {
  readonly tools: string;
  /** The command's own folder; it must be there, and is the only one of the machine's that the guest can write to. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly limitSeconds: number;
  /** Called at each start; what it returns gets each line that the command writes, which is shown as well. */
  readonly onStart: () => (line: string) => void;
}

/** Exit code of the command in the guest; 124: out of time. A guest that broke is started once more. */
export async function runInGuest(wish: GuestWish): Promise<number> {
  const code = await runOnce(wish);
  return code === RIG_BROKE ? runOnce(wish) : code;
}

function runOnce({ tools, folder, command, limitSeconds, onStart }: GuestWish): Promise<number> {
  const words = ['-p', folder, '-t', `${limitSeconds}`, '--', ...command];
  return run(join(tools, 'run-in-rig.sh'), words, tools, onStart());
}

/** QEMU opens what the rig writes to for writing alone, which what Node makes of "pipe", a pair of sockets, is not. */
const INTO_A_PIPE = 'set -o pipefail; "$@" | cat';

async function run(
  file: string,
  words: readonly string[],
  tools: string,
  onLine: (line: string) => void = () => undefined,
): Promise<number> {
  const env = {
    ...process.env,
    RIG_APPEND: KERNEL_ARGUMENTS,
    RIG_PASS_ENV: `CI ${TOOLS_VARIABLE}`,
    [TOOLS_VARIABLE]: tools,
  };
  const child = spawn('bash', ['-c', INTO_A_PIPE, 'rig', file, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const { stdout } = child;
  createInterface({ input: stdout }).on('line', (line) => {
    process.stdout.write(`${line}\n`);
    onLine(line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

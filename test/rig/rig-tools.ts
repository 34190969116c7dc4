// Finds the rig's tools (a QEMU guest with real USB and serial devices) and runs a command in the guest. Knows nothing of what is tested.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** In the guest: the folder of the tools, to import its monitor client from. */
export const TOOLS_VARIABLE = 'BODYDOCK_RIG_TOOLS';
/** The guest ended by itself, or stood still: the rig broke, and nothing is said of what was tested. */
const RIG_BROKE = 125;

/** A guest whose kernel lost its timer does nothing any more: it is not waited for until its time is over. */
const STILL_MS = 150_000;
const BEAT = 'rig: the guest is alive';
/** Runs a command, and writes a line every 15 s beside it. */
const WITH_BEAT = `while sleep 15; do echo '${BEAT}'; done & beat=$!
"$@"
code=$?
kill "$beat"
exit "$code"`;

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
  /** So long it may write nothing; STILL_MS unless told. */
  readonly stillMs?: number;
  /** Called at each start; what it returns gets each line that the command writes, which is shown as well. */
  readonly onStart: () => (line: string) => void;
}

/** Exit code of the command in the guest; 124: out of time. A guest that broke or stood still is started once more. */
export async function runInGuest(wish: GuestWish): Promise<number> {
  const code = await runOnce(wish);
  return code === RIG_BROKE ? runOnce(wish) : code;
}

function runOnce(wish: GuestWish): Promise<number> {
  const { tools, folder, command, limitSeconds, stillMs = STILL_MS, onStart } = wish;
  const words = ['-p', folder, '-t', `${limitSeconds}`, '--', 'bash', '-c', WITH_BEAT, 'beat', ...command];
  return run(join(tools, 'run-in-rig.sh'), words, tools, { onLine: onStart(), stillMs });
}

/**
 * QEMU opens what the rig writes to for writing alone, which what Node makes of "pipe", a pair of sockets, is not. What is told to end tells the
 * program, which takes its guest with it.
 */
const INTO_A_PIPE = `"$@" > >(cat) & program=$!
trap 'kill "$program" 2>/dev/null' TERM INT
wait "$program"; code=$?
while kill -0 "$program" 2>/dev/null; do wait "$program"; code=$?; done
exit "$code"`;

interface Watch {
  readonly onLine: (line: string) => void;
  readonly stillMs: number;
}

async function run(file: string, words: readonly string[], tools: string, watch?: Watch): Promise<number> {
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
  const still = setTimeout(() => {
    process.stderr.write(`rig: nothing came of the guest for ${(watch?.stillMs ?? 0) / 1000} s\n`);
    child.kill('SIGTERM');
  }, watch?.stillMs);
  if (watch === undefined) clearTimeout(still);
  createInterface({ input: stdout }).on('line', (line) => {
    if (watch !== undefined) still.refresh();
    if (line === BEAT) return;
    process.stdout.write(`${line}\n`);
    watch?.onLine(line);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(still);
  return code ?? 1;
}

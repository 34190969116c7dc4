// What a Linux system knows of its clock. Node cannot ask the kernel (adjtimex), so those who can are asked, at most two processes a time:
// systemd-timedated for the kernel's own view, which every time daemon sets, and chronyd, which leaves the kernel alone unless it is
// told `rtcsync`. Where neither answers (no D-Bus, no such program), the file that systemd-timesyncd touches with each synchronisation.
import { type ChildProcess, execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';

/** Where things are; other places are for tests. */
export interface LinuxClockPlaces {
  /** Folders with programs, joined by ":"; the system's own where it is left out. */
  readonly programs?: string;
  readonly timesyncFolder?: string;
  readonly uptimeFile?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 3000;
const TIMESYNC_FOLDER = '/run/systemd/timesync';
const UPTIME_FILE = '/proc/uptime';
/** The kernel gives up an unattended clock after 9 h (16 s at 500 millionths); systemd-timesyncd asks every 34 min at least. */
const TOUCHED_MS_MAX = 9 * 3_600_000;
/** Reference id of chronyd's own clock, set by `local`: synchronised to itself. */
const CHRONY_LOCAL_ID = '7F7F0101';
const CHRONY_FIELDS = 14;

/**
 * The clock source of this machine (see agent/monitoring/clock-watch.ts).
 * Errors: none; null where the system does not tell. Each answer comes within two timeouts.
 * Source: timedatectl(1), chronyc(1) "tracking", systemd-timesyncd.service(8), proc_uptime(5).
 */
export function linuxClockSource(places: LinuxClockPlaces = {}): {
  isSynchronised(): Promise<boolean | null>;
  bootMs(): Promise<number | null>;
} {
  const { programs, timesyncFolder = TIMESYNC_FOLDER, uptimeFile = UPTIME_FILE } = places;
  const timeoutMs = places.timeoutMs ?? TIMEOUT_MS;
  const ask = (file: string, ...args: string[]): Promise<string | null> =>
    askCommand(file, args, timeoutMs, programs);
  return {
    isSynchronised: async () => {
      const kernel = kernelSays(await ask('timedatectl', 'show', '--property=NTPSynchronized'));
      if (kernel === true) return true;
      const chrony = chronySays(await ask('chronyc', '-n', '-c', 'tracking'));
      return chrony ?? kernel ?? timesyncSays(timesyncFolder);
    },
    bootMs: async () => bootTimeOf(await readFile(uptimeFile, 'latin1').catch(() => '')),
  };
}

function kernelSays(answer: string | null): boolean | null {
  const [, value] = /^NTPSynchronized=(yes|no)$/m.exec(answer ?? '') ?? [];
  return value === undefined ? null : value === 'yes';
}

/** Fields of `chronyc -c tracking`: the reference id first, the leap status last. */
function chronySays(answer: string | null): boolean | null {
  const fields = (answer ?? '').trim().split(',');
  if (fields.length !== CHRONY_FIELDS) return null;
  const leap = fields.at(-1);
  if (leap === 'Not synchronised' || fields[0] === CHRONY_LOCAL_ID) return false;
  return leap === 'Normal' || leap === 'Insert second' || leap === 'Delete second' ? true : null;
}

/** The folder is there as long as systemd-timesyncd runs, the file from its first synchronisation on. */
async function timesyncSays(folder: string): Promise<boolean | null> {
  if ((await stat(folder).catch(() => undefined)) === undefined) return null;
  const touched = await stat(`${folder}/synchronized`).catch(() => undefined);
  return touched !== undefined && Math.abs(Date.now() - touched.mtimeMs) <= TOUCHED_MS_MAX;
}

function bootTimeOf(text: string): number | null {
  const [, seconds] = /^(\d{1,12}\.\d\d) /.exec(text) ?? [];
  return seconds === undefined ? null : Math.round(Number(seconds) * 1000);
}

// Runs one of the system's own programs for a short answer. Bounded in time and output; whatever goes wrong is no answer.

const OUTPUT_BYTES_MAX = 16_384;
/** Where Debian has them. Nothing else of our environment is passed on: it may hold what a child need not know. */
const FOLDERS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The program's output, or null where it is not there, ended with an error, said too much or was not done after `timeoutMs`.
 * It is killed then, and not waited for: a process that the kernel holds cannot be ended. Errors: none.
 */
export function askCommand(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  folders = FOLDERS,
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = { env: { PATH: folders, LC_ALL: 'C' }, maxBuffer: OUTPUT_BYTES_MAX, windowsHide: true };
    const done = (error: Error | null, stdout: string): void => {
      clearTimeout(timer);
      resolve(error === null ? stdout : null);
    };
    let child: ChildProcess;
    try {
      child = execFile(file, args, options, done);
    } catch {
      resolve(null); // no memory for another process: Node throws that one
      return;
    }
    child.stdin?.end();
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
      resolve(null);
    }, timeoutMs);
  });
}

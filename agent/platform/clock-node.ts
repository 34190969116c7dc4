// The machine's clock behind the Clock port, its zone, and the id of its boot. Nothing else in the product may ask Node for time or timers.
// Timers are not unref'ed: a station that only waits for its next attempt must stay alive. Anybody who ends a process aborts its signal.
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { Clock } from '../../protocol/format/ports.ts';
import { abortableSleep } from '../../protocol/format/abortable-sleep.ts';

/** Node turns a longer delay into 1 ms, so longer ones are waited for in pieces. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** From the start of this process to CLOCK_MONOTONIC itself: the times of two processes of one boot can be compared. */
const SINCE_BOOT_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Calls once when the monotonic clock has passed `dueMs`. Node's timers may fire a fraction early: they are armed again. */
function armUntil(dueMs: number, call: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    const leftMs = Math.min(Math.ceil(dueMs - performance.now()), TIMER_MS_MAX);
    timer = setTimeout(fire, Math.max(leftMs, 0));
  };
  const fire = (): void => {
    if (performance.now() < dueMs) arm();
    else call();
  };
  arm();
  return () => clearTimeout(timer);
}

function after(ms: number, call: () => void): () => void {
  return armUntil(performance.now() + (ms > 0 ? ms : 0), call);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return abortableSleep(after, ms, signal);
}

/**
 * The clock of this machine.
 * Units: milliseconds; monotonic time is CLOCK_MONOTONIC with fractions, the same for all processes of one boot, and stands still while the
 * machine is suspended.
 * Errors: `sleep` rejects with the signal's reason and then leaves neither a timer nor a listener behind. A negative or NaN delay is 0.
 */
export function nodeClock(): Clock {
  return { wallMs: () => Date.now(), monotonicMs: () => SINCE_BOOT_MS + performance.now(), sleep, after };
}

// The station's zone, as the process has it (TZ, /etc/localtime): for cameras that know none. Documents are UTC only.

/**
 * The instant as local time taken as UTC, both in ms since 1970. An instant always has one local time, also round a change of summer
 * time; the other way back there may be two or none, which is why nobody goes it.
 */
export function localMs(utcMs: number): number {
  return utcMs - new Date(utcMs).getTimezoneOffset() * 60_000;
}

// The kernel's boot id: tells two runs of one machine apart where the wall clock cannot.

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';
const BOOT_ID_PATTERN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the boot id of the running kernel.
 * Shape: a lower-case UUID, drawn again at each boot, or null where the system does not tell one.
 * Errors: none.
 * Source: Linux, Documentation/admin-guide/sysctl/kernel.rst, "random".
 */
export async function readBootId(path = BOOT_ID_PATH): Promise<string | null> {
  const text = await readFile(path, 'latin1').catch(() => '');
  const id = text.trim();
  return BOOT_ID_PATTERN.test(id) ? id : null;
}

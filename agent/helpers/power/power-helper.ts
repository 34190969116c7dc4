// Switches the power of a bay's port off and on, for a camera that hangs and that nothing else brings back (SPEC 14.6).
//
// Invariants:
// 1. Only the port that the station's file gives the bay is switched, and its companion: the same socket at the other speed.
// 2. Nothing is switched at which a hub hangs, or at or below which another bay has its port.
// 3. A port that was switched off is switched on again, whatever happens in between: by this run or, from its mark, by the next one.
// 4. A bay is switched once in BETWEEN_MS and A_DAY_MAX times in a day, whether it helped or not.
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PowerAnswer, PowerCode } from '../../../drivers/usb/port-power-helper.ts';
import { otherPortOf, portFolder } from '../../../drivers/usb/socket.ts';
import { DockError, isDockError, systemCode } from '../../../protocol/format/errors.ts';
import { type BayId, isBayId } from '../../../protocol/format/ids.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import type { BayPorts } from '../helper.ts';

/** A camera's own capacitors keep it going for a second or so. */
const OFF_MS = 3000;
const BETWEEN_MS = 600_000;
const DAY_MS = 86_400_000;
const A_DAY_MAX = 6;
const ON_TRIES = 3;
const ON_PAUSE_MS = 1000;

export interface PowerHelperDeps {
  /** /sys/bus/usb/devices. */
  readonly root: string;
  /** For marks; root's alone. */
  readonly folder: string;
  readonly bayPorts: () => Promise<BayPorts | undefined>;
  readonly clock: Clock;
  readonly log: Log;
}

export class PowerHelper {
  readonly #deps: PowerHelperDeps;
  /** When each bay was switched, ms of the monotonic clock; bays of the file only. */
  readonly #switched = new Map<BayId, readonly number[]>();
  readonly #running = new Set<Promise<void>>();
  #isEnding = false;

  constructor(deps: PowerHelperDeps) {
    this.#deps = deps;
  }

  /** Never rejects. */
  async answer(bay: BayId): Promise<PowerAnswer> {
    const { log } = this.#deps;
    try {
      const ports = await this.#portsOf(bay);
      // The end waits for what runs by then, and nobody for what comes later.
      if (this.#isEnding) throw refusal('power.failed', 'the helper was asked to end: ask again');
      this.#countIn(bay);
      const running = this.#cycle(bay, ports).finally(() => this.#running.delete(running));
      this.#running.add(running);
      await running;
      log.info('port power cycled', { bay, ports: ports.map(({ portPath }) => portPath) });
      return { ok: true };
    } catch (error) {
      const code = isDockError(error) ? (error.code as PowerCode) : 'power.failed';
      const message = isDockError(error) ? error.message : 'the helper could not do it; its log says why';
      log.warn('port not switched', { bay, code, error: String(error).slice(0, 400) });
      return { ok: false, code, message };
    }
  }

  /** Switches on what an earlier run left off. Never rejects: a port that cannot be is told and tried by the next run. */
  async restore(): Promise<void> {
    const { root, folder, log } = this.#deps;
    for (const { bay, portPaths } of await leftMarks(folder)) {
      log.warn('port left off by an earlier run switched on', { bay, ports: portPaths });
      const ports = portPaths.map((path) => hubPort(root, path)).filter((port) => port !== undefined);
      await this.#on(bay, ports).catch((error: unknown) =>
        log.error('port not switched on', { bay, error: String(error).slice(0, 400) }),
      );
    }
  }

  /** Nothing is switched off any more; resolves when no port is off, or cannot be switched on. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.allSettled(this.#running);
  }

  /** The bay's port and its companion. Errors: "power.refused", "power.unsupported"; the system's. */
  async #portsOf(bay: BayId): Promise<readonly HubPort[]> {
    const { root, bayPorts } = this.#deps;
    const bays = await bayPorts();
    const own = hubPort(root, bays?.get(bay) ?? '');
    if (bays === undefined || own === undefined)
      throw refusal('power.refused', 'the configuration names no USB port for this bay');
    if (!(await hasSwitch(own))) {
      const words = `the kernel has no switch for USB port ${own.portPath}: Linux is older than 6.0, or the hub is not there`;
      throw refusal('power.unsupported', words);
    }
    const companion = await companionOf(root, own);
    let devices = 0;
    for (const { portPath } of companion === undefined ? [own] : [own, companion]) {
      for (const [other, path] of bays)
        if (other !== bay && isAtOrBelow(path, portPath))
          throw refusal('power.refused', `bay ${other} is at USB port ${path}, too`);
      const seen = await seenAt(root, portPath);
      if (seen === 'hub') throw refusal('power.refused', `a hub hangs at USB port ${portPath}`);
      if (seen === 'device' && ++devices > 1)
        throw refusal('power.refused', `another device hangs at ${portPath}, the same socket`);
    }
    return companion !== undefined && (await hasSwitch(companion)) ? [own, companion] : [own];
  }

  /** Errors: "power.too-soon". */
  #countIn(bay: BayId): void {
    const now = this.#deps.clock.monotonicMs();
    const lately = (this.#switched.get(bay) ?? []).filter((at) => now - at < DAY_MS);
    const last = lately.at(-1) ?? -Infinity;
    if (now - last < BETWEEN_MS || lately.length >= A_DAY_MAX) {
      const words = `the port was switched ${lately.length} times in 24 h, last ${Math.round((now - last) / 1000)} s ago; at most once in ${BETWEEN_MS / 60_000} min and ${A_DAY_MAX} times in 24 h`;
      throw refusal('power.too-soon', words);
    }
    this.#switched.set(bay, [...lately, now]);
  }

  /** Errors: "power.failed"; the system's. */
  async #cycle(bay: BayId, ports: readonly HubPort[]): Promise<void> {
    const { folder, clock, log } = this.#deps;
    await putMark(folder, { bay, portPaths: ports.map(({ portPath }) => portPath) });
    try {
      for (const port of ports) await switchPort(port, 'off');
      await clock.sleep(OFF_MS, new AbortController().signal);
    } catch (error) {
      log.error('kernel refused to switch off a port', { bay, error: String(error).slice(0, 400) });
      throw refusal('power.failed', 'the kernel refused to switch the port off');
    } finally {
      await this.#on(bay, ports);
    }
  }

  /** All that can be; the mark stays where one cannot. Errors: "power.failed". */
  async #on(bay: BayId, ports: readonly HubPort[]): Promise<void> {
    const { folder, clock } = this.#deps;
    // The companion first: it is most often the faster side, and a device that finds the other one on before stays there.
    const failed: unknown[] = [];
    for (const port of ports.toReversed())
      await this.#tryOn(port, clock).catch((error) => failed.push(error));
    if (failed.length === 0) return takeMark(folder, bay);
    const words =
      'the port is off and cannot be switched on: start the helper anew, or pull the dock and put it back';
    throw new DockError('power.failed', words, { retry: 'person', cause: failed[0] });
  }

  async #tryOn(port: HubPort, clock: Clock): Promise<void> {
    for (let tries = 1; ; tries++)
      try {
        return await switchPort(port, 'on');
      } catch (error) {
        // A hub that left meanwhile has no port that is off.
        if (!(await hasSwitch(port))) return;
        if (tries === ON_TRIES) throw error;
        await clock.sleep(ON_PAUSE_MS, new AbortController().signal);
      }
  }
}

function isAtOrBelow(path: string, portPath: string): boolean {
  return path === portPath || path.startsWith(`${portPath}.`);
}

function refusal(code: PowerCode, words: string): DockError {
  return new DockError(code, words, { retry: 'later' });
}

// Which ports were switched off and not on again: written down before, so that a start after a crash switches them on.
//
// Invariants:
// 1. The mark of a port is there before the port is off, and goes only once it is on. One that was cut off is of a port that is on still.
// 2. A mark names ports, never files: what is written to is found again.

const END = '.off';

/** A mark. */
interface OffMark {
  readonly bay: BayId;
  readonly portPaths: readonly string[];
}

/** Errors: the system's. */
async function putMark(folder: string, { bay, portPaths }: OffMark): Promise<void> {
  await writeFile(join(folder, bay + END), portPaths.map((path) => `${path}\n`).join(''));
}

/** Errors: the system's. */
async function takeMark(folder: string, bay: BayId): Promise<void> {
  await rm(join(folder, bay + END), { force: true });
}

/** The folder is root's alone, and so are its marks. Errors: the system's. */
async function leftMarks(folder: string): Promise<OffMark[]> {
  const marks: OffMark[] = [];
  for (const name of await readdir(folder)) {
    const bay = name.endsWith(END) ? name.slice(0, -END.length) : '';
    if (!isBayId(bay)) continue;
    const text = await readFile(join(folder, name), 'latin1');
    marks.push({ bay, portPaths: text.split('\n').filter((line) => line !== '') });
  }
  return marks;
}

// The ports of a hub as the kernel shows them in /sys, by the path of what is plugged into them. Source: Linux, drivers/usb/core/port.c and
// Documentation/ABI/testing/sysfs-bus-usb, `<hub>-port<N>/disable` (6.0).

const CLASS_HUB = '09';

/** One port of one hub. */
interface HubPort {
  /** Of what would be plugged into it, such as "1-1.4". */
  readonly portPath: string;
  /** The kernel's file that switches it: "1" is off. */
  readonly file: string;
}

/** The port at a path; undefined for what is no path of a port. Never throws. */
export function hubPort(root: string, portPath: string): HubPort | undefined {
  const at = portFolder(root, portPath);
  return at && { portPath, file: join(at.folder, 'disable') };
}

/** The same socket at the other speed, where it has one. Errors: the system's. */
async function companionOf(root: string, { portPath }: HubPort): Promise<HubPort | undefined> {
  const other = await otherPortOf(root, portPath);
  return other === undefined ? undefined : hubPort(root, other);
}

/** What hangs at a port: nothing, one device, or a hub and whatever hangs there. Errors: the system's. */
async function seenAt(root: string, portPath: string): Promise<'nothing' | 'device' | 'hub'> {
  const names = (await readdir(root).catch(absent)) ?? [];
  if (names.some((name) => name.startsWith(`${portPath}.`))) return 'hub';
  if (!names.includes(portPath)) return 'nothing';
  const classCode = await readFile(join(root, portPath, 'bDeviceClass'), 'latin1').catch(absent);
  return classCode?.trim() === CLASS_HUB ? 'hub' : 'device';
}

/** Whether the kernel can switch it. Errors: the system's. */
export async function hasSwitch({ file }: HubPort): Promise<boolean> {
  return (await stat(file).catch(absent))?.isFile() === true;
}

/** Errors: the system's. No file is ever made. */
async function switchPort({ file }: HubPort, to: 'on' | 'off'): Promise<void> {
  const opened = await open(file, 'r+');
  try {
    await opened.write(to === 'off' ? '1' : '0');
  } finally {
    await opened.close();
  }
}

function absent(error: unknown): undefined {
  if (/^(?:ENOENT|ENOTDIR|ENODEV)$/.test(systemCode(error) ?? '')) return undefined;
  throw error;
}

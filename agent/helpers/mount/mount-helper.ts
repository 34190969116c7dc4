// The helper: answers requests for the bays of the station's file, and looks after what is mounted, once a second.
import { parseArgs } from 'node:util';
import { STATION_FILE_DEFAULT } from '../../../config/load.ts';
import { type MountFacts, mountTable, type MountTable } from '../../../drivers/mass-storage/mount-table.ts';
import {
  MOUNT_CODES,
  MOUNT_FOLDER_DEFAULT,
  type MountAnswer,
  type MountCode,
  mountError,
  type MountRequest,
} from '../../../drivers/mass-storage/volumes.ts';
import { isDockError } from '../../../protocol/format/errors.ts';
import type { BayId } from '../../../protocol/format/ids.ts';
import type { Clock, Log } from '../../../protocol/format/ports.ts';
import type { BayPorts } from '../helper.ts';
import { BAY_MARKS_DEFAULT } from './bay-marks.ts';
import { BayMount, type BayMountDeps } from './bay-mount.ts';
import type { MountOwner, RunCommand, SystemCalls } from './system-calls.ts';

const LOOK_MS = 1000;

export interface MountHelperDeps extends Omit<BayMountDeps, 'bay'> {
  readonly bayPorts: () => Promise<BayPorts | undefined>;
}

interface BayKeeping {
  readonly lane: BayLane;
  readonly mount: BayMount;
}

export class MountHelper {
  readonly #deps: MountHelperDeps;
  /** Bays of the file only, so there are never many. */
  readonly #bays = new Map<BayId, BayKeeping>();
  #isEnding = false;

  constructor(deps: MountHelperDeps) {
    this.#deps = deps;
  }

  /** Never rejects. */
  async answer({ verb, bay }: MountRequest): Promise<MountAnswer> {
    try {
      if (verb === 'unmount') {
        const known = this.#bays.get(bay);
        await known?.lane.run(() => known.mount.unmount());
        return { ok: true, report: null };
      }
      const port = (await this.#deps.bayPorts())?.get(bay);
      if (port === undefined)
        throw mountError('mount.refused', 'the configuration names no USB port for this bay');
      const { lane, mount } = this.#keeping(bay);
      const mode = verb === 'mount-rw' ? 'rw' : 'ro';
      const report = await lane.run(async () => {
        if (this.#isEnding) throw mountError('mount.failed', 'the helper was asked to end: ask again');
        return mount.mount(port, mode);
      });
      return { ok: true, report };
    } catch (error) {
      return this.#refusal(bay, verb, error);
    }
  }

  /** Until the signal is aborted; never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    while (!signal.aborted) {
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
      for (const [bay, { lane, mount }] of this.#bays) {
        if (signal.aborted || !mount.isMounted || lane.isBusy) continue;
        const failed = (error: unknown): void =>
          log.error('mount not readable', { bay, error: codeOf(error) });
        void lane.run(() => mount.look()).catch(failed); // one that hangs keeps no other bay from being looked at
      }
    }
  }

  /** Takes away everything; nothing is mounted any more, as nobody would take it away. Never rejects. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const ending = [...this.#bays.values()].map(({ lane, mount }) => lane.runLast(() => mount.end()));
    await Promise.allSettled(ending);
  }

  #keeping(bay: BayId): BayKeeping {
    const known = this.#bays.get(bay);
    if (known !== undefined) return known;
    const made = { lane: new BayLane(this.#deps.clock), mount: new BayMount({ ...this.#deps, bay }) };
    this.#bays.set(bay, made);
    return made;
  }

  #refusal(bay: BayId, verb: string, error: unknown): MountAnswer {
    const code = MOUNT_CODES.find((each) => isDockError(error, each));
    if (code !== undefined && isDockError(error)) return { ok: false, code, message: error.message };
    this.#deps.log.error('request failed', { bay, verb, error: codeOf(error) });
    const unexpected: MountCode = 'mount.failed';
    return { ok: false, code: unexpected, message: 'the helper could not do it; its log says why' };
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 400) : 'unknown';
}

// One request after the other for a bay, at most a few waiting, and none waiting for ever: a program that hangs in the kernel holds its bay's lane
// until the kernel lets go of it, and nobody else's.

const WAITING_MAX = 4;
/** For a request with all its programs, and those before it. */
const REQUEST_MS = 80_000;

class BayLane {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Clock, timeoutMs: number = REQUEST_MS) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** Errors: the work's own; "mount.busy" where too many wait; "mount.timeout" where it does not end in time, whatever still runs. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX)
      return Promise.reject(mountError('mount.busy', 'too many requests for this bay'));
    return this.runLast(work);
  }

  /** The same behind however many wait: for what nobody asks for again. Errors: as `run`, but for "mount.busy". */
  runLast<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const running = this.#last.then(work).finally(() => this.#waiting--);
    this.#last = running.catch(() => undefined);
    return new Promise((resolve, reject) => {
      const late = (): void => reject(mountError('mount.timeout', `no end in ${this.#timeoutMs} ms`));
      const cancel = this.#clock.after(this.#timeoutMs, late);
      running.then(resolve, reject).finally(cancel);
    });
  }
}

// The helper's command line.

const AGENT_DEFAULT = 'bodydock';
const LOOKUP_MS = 5000;
const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;
const NUMBER = /^\d{1,10}$/;

export interface HelperOptions {
  readonly config: string;
  readonly folder: string;
  readonly user: string;
  readonly group: string;
  /** File that marks the ports of bays for udev. */
  readonly marks: string;
}

/** Undefined where the line is not understood. */
export function parseOptions(words: readonly string[]): HelperOptions | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...words],
      options: { config: text, folder: text, user: text, group: text, marks: text },
      strict: true,
    });
    const { config = STATION_FILE_DEFAULT, folder = MOUNT_FOLDER_DEFAULT, user = AGENT_DEFAULT } = values;
    const { group = user, marks = BAY_MARKS_DEFAULT } = values;
    const isName = (name: string): boolean => NAME.test(name) || NUMBER.test(name);
    const isPlain = /^(?:\/[A-Za-z0-9._-]+)+$/.test(folder) && !folder.split('/').includes('..');
    return isPlain && isName(user) && isName(group) ? { config, folder, user, group, marks } : undefined;
  } catch {
    return undefined;
  }
}

/** Numbers of the agent's user and group, or undefined where the system does not know them. */
export async function findOwner(
  { user, group }: Pick<HelperOptions, 'user' | 'group'>,
  run: RunCommand,
): Promise<MountOwner | undefined> {
  const uid = NUMBER.test(user) ? Number(user) : await firstNumber(run('id', ['-u', user], LOOKUP_MS), 0);
  const gid = NUMBER.test(group)
    ? Number(group)
    : await firstNumber(run('getent', ['group', group], LOOKUP_MS), 2);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

async function firstNumber(running: ReturnType<RunCommand>, field: number): Promise<number | undefined> {
  const { code, output } = await running;
  const word = Buffer.from(output).toString('latin1').split('\n')[0]?.split(':')[field];
  return code === 0 && word !== undefined && NUMBER.test(word) ? Number(word) : undefined;
}

// Clears away what an earlier run of the helper left mounted, or attached to a loop device. What is writable is waited for, as in bay-mount.ts: taken away lazily while its device
// is there, what was written might not be on the medium yet when the bay shows that the camera may be taken.

/** The agent lets go of a mount within two seconds when its session ends. */
const WRITABLE_TRIES = 20;
const PAUSE_MS = 250;

/** Errors: the system's; a mount that stays is told and stays in the way of its bay only. */
export async function clearStaleMounts(
  folder: string,
  system: SystemCalls,
  log: Log,
  clock: Pick<Clock, 'sleep'>,
  table: MountTable = mountTable,
): Promise<void> {
  const left = (await table()).filter((mount) => mount.folder.startsWith(`${folder}/`));
  for (const mount of left.toReversed()) {
    const { folder: at } = mount;
    const mustWait = await isWritableThere(mount, system);
    const tried = await unmounted(at, mustWait ? WRITABLE_TRIES : 1, system, clock);
    const isLazy = tried.code !== 0 && !mustWait;
    const { code, said } = isLazy ? await system.unmount(at, true) : tried;
    if (code === 0) log.warn('stale mount removed', { folder: at, lazily: isLazy });
    else log.error('stale mount blocks its bay', { folder: at, said });
    if (code === 0) await system.removeFolder(at);
  }
  await detachLeft(system, log, await table());
}

/** A run that was killed between a loop device and its detaching left it attached: it would hold a disk that left for good. */
async function detachLeft(system: SystemCalls, log: Log, mounts: readonly MountFacts[]): Promise<void> {
  for (const loop of await system.leftLoops()) {
    if (mounts.some(({ device }) => device === loop.device)) continue;
    const { code, said } = await system.detach(loop);
    log.warn('stale loop device detached', { node: loop.node, code, said });
  }
}

async function unmounted(
  folder: string,
  tries: number,
  system: SystemCalls,
  clock: Pick<Clock, 'sleep'>,
): ReturnType<SystemCalls['unmount']> {
  const { signal } = new AbortController();
  const result = await system.unmount(folder, false);
  if (result.code === 0 || tries <= 1) return result;
  await clock.sleep(PAUSE_MS, signal);
  return unmounted(folder, tries - 1, system, clock);
}

/** Writable, and the device that udev names by its number is the one that was mounted. */
async function isWritableThere(
  { device, options, superOptions }: MountFacts,
  system: SystemCalls,
): Promise<boolean> {
  if (!options.has('rw') || !superOptions.has('rw')) return false;
  return system.isThere({ node: `/dev/block/${device}`, device });
}

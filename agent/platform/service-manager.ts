// Tells systemd what becomes of this process (sd_notify). Node has no socket for datagrams of the Unix domain and no library for it comes
// without a compiler, so systemd's own `systemd-notify` sends; the unit needs NotifyAccess=all for that. Without NOTIFY_SOCKET nothing happens.
//
// Invariants:
// 1. At most one sender runs; what is to be told meanwhile is gathered, the newest word of a kind only.
// 2. A sender has a deadline and is killed then. One that not even that ends (the kernel holds it) is left, and at most LEFT_MAX are.
// 3. Words that could not be sent, for want of processes or memory or in time, are sent with the next ones; a sign of life is not, which is true only
//    when it is given.
// 4. Nothing here throws, rejects or keeps the process alive: anybody who is not heard is not alive to systemd, which is its business.
import { type ChildProcess, spawn } from 'node:child_process';
import { describeError } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { Progress } from '../../protocol/format/progress.ts';

/** systemd-notify waits until systemd has read the message (at most 5 s by itself). */
const SEND_MS = 10_000;
const LEFT_MAX = 4;
const STATUS_CHARACTERS_MAX = 200;
const SENDER_FOLDERS = '/usr/bin:/bin';

/** Anybody who started this process and may watch over it. */
export interface ServiceManager {
  /** The time within which `alive` must come; null where nobody waits for it. */
  readonly watchdogMs: number | null;
  /** This process does its work from now on. */
  ready(status: string): void;
  /** One line for people. */
  status(text: string): void;
  alive(): void;
  stopping(): void;
}

export interface ServiceManagerOptions {
  /** Of this process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Pick<Log, 'warn'>;
  /** Where the sender is looked for. */
  readonly folders?: string;
  readonly sendMs?: number;
}

/** The manager of this process, or one that hears nothing where there is none. */
export function openServiceManager(options: ServiceManagerOptions): ServiceManager {
  const { environment } = options;
  const socket = environment['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return NOBODY;
  const sender = new Sender(socket, options);
  return {
    watchdogMs: watchdogMs(environment),
    ready: (status) => sender.send({ READY: '1', STATUS: oneLine(status) }),
    status: (text) => sender.send({ STATUS: oneLine(text) }),
    alive: () => sender.send({ WATCHDOG: '1' }),
    stopping: () => sender.send({ STOPPING: '1' }),
  };
}

const NOBODY: ServiceManager = {
  watchdogMs: null,
  ready: () => undefined,
  status: () => undefined,
  alive: () => undefined,
  stopping: () => undefined,
};

/** WATCHDOG_PID says whom the watchdog is for: a child that inherits the environment is not meant. */
function watchdogMs(environment: ServiceManagerOptions['environment']): number | null {
  const pid = environment['WATCHDOG_PID'];
  if (pid !== undefined && pid !== String(process.pid)) return null;
  const us = Number(environment['WATCHDOG_USEC']);
  return Number.isSafeInteger(us) && us > 0 ? us / 1000 : null;
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ').slice(0, STATUS_CHARACTERS_MAX);
}

class Sender {
  readonly #socket: string;
  readonly #options: ServiceManagerOptions;
  #waiting: Readonly<Record<string, string>> = {};
  #sends = false;
  /** Senders that were killed and have not ended. */
  #left = 0;
  #saidFailure = false;

  constructor(socket: string, options: ServiceManagerOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  send(words: Readonly<Record<string, string>>): void {
    this.#waiting = { ...this.#waiting, ...words };
    this.#next();
  }

  #next(): void {
    const gathered = this.#waiting;
    const words = Object.entries(gathered).map(([name, value]) => `${name}=${value}`);
    if (this.#sends || this.#left >= LEFT_MAX || words.length === 0) return;
    this.#waiting = {};
    this.#sends = true;
    const { folders = SENDER_FOLDERS, sendMs = SEND_MS } = this.#options;
    const env = { PATH: folders, NOTIFY_SOCKET: this.#socket, LC_ALL: 'C' };
    let child: ChildProcess;
    try {
      child = spawn('systemd-notify', words, { env, stdio: 'ignore', cwd: '/' });
    } catch (error) {
      this.#unsent(gathered, describeError(error));
      return;
    }
    child.unref();
    let isLate = false;
    const over = (failure: string | undefined): void => {
      clearTimeout(timer);
      if (failure !== undefined && !isLate) {
        this.#unsent(gathered, failure);
        return;
      }
      if (isLate) this.#left--;
      else this.#sends = false;
      this.#next();
    };
    const timer = setTimeout(() => {
      this.#failed(`no end within ${sendMs} ms`);
      isLate = true;
      this.#left++;
      this.#sends = false;
      child.kill('SIGKILL');
      this.#keep(gathered);
      this.#next();
    }, sendMs);
    timer.unref();
    child.once('error', (error) => {
      if (child.pid === undefined) over(error.message);
    });
    child.once('exit', (code, signal) => over(code === 0 ? undefined : `ended with ${code ?? signal}`));
  }

  /** Goes with the next word: "ready" must be heard once there are processes again. Not at once, which would be over and over. */
  #unsent(gathered: Readonly<Record<string, string>>, reason: string): void {
    this.#sends = false;
    this.#keep(gathered);
    this.#failed(reason);
  }

  /** To be told again, unless there is a newer word of the kind. */
  #keep({ WATCHDOG: _alive, ...lasting }: Readonly<Record<string, string>>): void {
    this.#waiting = { ...lasting, ...this.#waiting };
  }

  /** Told once: what fails here fails each time. */
  #failed(reason: string): void {
    if (this.#saidFailure) return;
    this.#saidFailure = true;
    this.#options.log.warn('service manager not notified', { reason });
  }
}

// Tells the service manager "alive" as long as everything that is under way moves. The main loop proves itself by doing the telling.

/** Tries within the manager's time: one may be late, and one lost. */
const TRIES = 3;

interface WatchdogOptions {
  readonly manager: Pick<ServiceManager, 'watchdogMs' | 'alive'>;
  readonly progress: Pick<Progress, 'stuck'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'error' | 'info'>;
}

/** Starts telling, where somebody waits for it; the returned function ends it. */
export function startWatchdog({ manager, progress, clock, log }: WatchdogOptions): () => void {
  const { watchdogMs } = manager;
  if (watchdogMs === null) return () => undefined;
  let cancel: () => void = () => undefined;
  let told = '';
  const look = (): void => {
    const stuck = progress.stuck();
    if (stuck.length === 0) manager.alive();
    const names = stuck.map(({ source }) => source).join(' ');
    if (names !== told && stuck.length > 0)
      log.error('no progress: watchdog notifications stopped', { stuck });
    if (names !== told && stuck.length === 0) log.info('progress again', {});
    told = names;
    cancel = clock.after(watchdogMs / TRIES, look);
  };
  look();
  return () => cancel();
}

// One docking of a camera that shows its disk only when it is told to: identity and battery were read when it was opened, the first call
// that needs the disk makes it change over, and the session goes on over the disk as the same one.
//
// Invariants:
// 1. The camera is reported once. Whatever fails then, the session's later calls fail with the same error: nothing is guessed.
// 2. From the command on nothing of the device that leaves is claimed; when the session is closed, nothing of either is.
// 3. The watcher of the port knows of the change from before the command until the session is closed.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import {
  type CameraCondition,
  type CameraIdentity,
  type CameraSession,
  type CameraTime,
  type ClockSetting,
  type EraseOutcome,
  type Inventory,
  type InventoryEntry,
  NOTHING_TOLD,
  type Piece,
} from '../driver.ts';
import { type ControlHalf, PairedSession } from '../serial/paired/session.ts';
import type { UsbDeviceFacts, UsbOpened } from '../usb/device.ts';
import type { BeginSwitch, PortSwitch } from '../usb/port-power.ts';
import type { Told } from './dialect.ts';
import { type DiskWaitParts, openShownDisk, type ShownDisk, stayText } from './disk-wait.ts';
import type { LoggedIn } from './login.ts';

/** Anybody who asks how the camera is waits so long for its disk, then hears of the battery alone. Below what a bay grants for a question. */
const CONDITION_MS = 8000;

export interface AmbarellaParts extends DiskWaitParts {
  readonly clock: Clock;
  readonly device: UsbDeviceFacts;
  readonly line: UsbOpened;
  readonly password: string;
  readonly loggedIn: LoggedIn;
  readonly beginSwitch: BeginSwitch;
  /** The disk of this camera is open now. */
  readonly onShown: (disk: UsbDeviceFacts, identity: CameraIdentity) => void;
}

export class AmbarellaSession implements CameraSession {
  readonly #parts: AmbarellaParts;
  readonly #told: ToldHalf;
  readonly #closing = new AbortController();
  #gone: Error | undefined;
  #onLeft: (error: Error) => void = () => undefined;
  #onStep: () => void = () => undefined;
  #changing: Promise<PairedSession> | undefined;
  #disk: PairedSession | undefined;
  #switch: PortSwitch | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: AmbarellaParts) {
    this.#parts = parts;
    this.#told = new ToldHalf(parts.device, parts.loggedIn.told);
    parts.line.control.onGone((error) => {
      if (this.#changing === undefined) this.#leave(error);
    });
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    this.#check(signal);
    await this.#disk?.identity(signal); // it must still be there; what was said first is what counts
    return this.#told.said;
  }

  /** None of the dialects tells the time: A answers what it holds only when it was set. */
  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    this.#check(signal);
    return this.#disk === undefined ? null : this.#disk.readClock(signal);
  }

  /**
   * Never. A clock may be set only once everything is spooled (SPEC 9.2), and this one can be only before the change, when nothing is.
   * Setting it all the same would not even leave an offset to correct by: what it showed before cannot be read.
   */
  async setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    this.#check(signal);
    return this.#disk === undefined ? 'not-supported' : this.#disk.setClock(to, signal);
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    this.#check(signal);
    const disk = await this.#diskSoon(signal);
    return disk === undefined ? this.#told.condition(signal) : disk.condition(signal);
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    return (await this.#shown(signal)).inventory(signal);
  }

  async *read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncGenerator<Piece> {
    yield* (await this.#shown(signal)).read(entry, offset, signal);
  }

  async erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome> {
    return (await this.#shown(signal)).erase(entry, signal, sha256);
  }

  get goneOf(): CameraSession['goneOf'] {
    return this.#disk?.goneOf;
  }

  onStep(handler: () => void): void {
    this.#onStep = handler;
    this.#disk?.onStep?.(handler);
  }

  onLeft(handler: (error: Error) => void): void {
    this.#onLeft = handler;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#gone ??= closed();
    this.#closing.abort(this.#gone);
    await this.#changing?.catch(() => undefined); // anybody who asked for the disk has the error
    await this.#parts.line.control.close();
    await this.#disk?.close();
    this.#switch?.end();
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#gone !== undefined) throw this.#gone;
  }

  #leave(error: Error): void {
    if (this.#gone !== undefined) return;
    this.#gone = error;
    this.#onLeft(error);
  }

  /** The disk, or undefined where it fails or takes longer than CONDITION_MS. Errors: "driver.detached"; the signal's reason. */
  async #diskSoon(signal: AbortSignal): Promise<PairedSession | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => {
      cancel = this.#parts.clock.after(CONDITION_MS, () => resolve(undefined));
    });
    try {
      return await Promise.race([this.#shown(signal), late]);
    } catch (error) {
      if (signal.aborted || !isDockError(error) || error.code === 'driver.detached') throw error;
      return undefined; // the listing fails by the same error
    } finally {
      cancel();
    }
  }

  /** The change goes on when the caller gives up: only closing ends it. Errors: those of the change; the signal's reason. */
  async #shown(signal: AbortSignal): Promise<PairedSession> {
    this.#check(signal);
    this.#changing ??= this.#change();
    this.#changing.catch(() => undefined);
    return this.#disk ?? unlessAborted(this.#changing, signal);
  }

  async #change(): Promise<PairedSession> {
    const { device, line, loggedIn, password, devices, beginSwitch, onShown } = this.#parts;
    const { signal } = this.#closing;
    const now = await devices.at(device.portPath, signal);
    if (now === undefined || stayText(now) !== stayText(device)) throw left();
    this.#switch = beginSwitch(device);
    const outcome = await loggedIn.dialect.showDisk(line, password, signal);
    await line.control.close();
    if (outcome === 'refused') throw refusedDisk(device.portPath);
    const shown = await openShownDisk(device, this.#parts, signal);
    this.#switch.cameBack(shown.device);
    this.#disk = this.#pair(shown);
    this.#disk.onStep?.(this.#onStep);
    onShown(shown.device, this.#told.said);
    return this.#disk;
  }

  #pair({ session }: ShownDisk): PairedSession {
    session.onLeft?.((error) => this.#leave(error));
    return new PairedSession({ control: this.#told, bytes: session, onTrouble: () => undefined });
  }
}

/** The work's value, or the signal's reason; the work goes on. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let remove = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    remove = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    remove();
  }
}

function refusedDisk(portPath: string): DockError {
  const words = `the camera on USB port ${portPath} refuses to show its disk: look at the camera, it may be recording or full`;
  return new DockError('driver.refused', words, { retry: 'person' });
}

function left(): DockError {
  return new DockError('driver.detached', 'the camera left', { retry: 'later' });
}

function closed(): DockError {
  return new DockError('driver.detached', 'the session was closed', { retry: 'later' });
}

// What a camera said of itself before it left the bus, as the control half of a pair: the other half is its disk.

/** Nothing can be asked any more: the answers are those that were given. */
export class ToldHalf implements ControlHalf {
  readonly said: CameraIdentity;
  readonly #batteryPercent: number | null;

  /** `device` is the one that showed no disk; its own serial number counts where the camera told none. */
  constructor(device: UsbDeviceFacts, told: Told) {
    this.said = {
      vendor: device.vendor,
      model: device.product,
      serial: told.serial ?? device.serial,
      firmware: null,
    };
    this.#batteryPercent = told.batteryPercent;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    signal.throwIfAborted();
    return this.said;
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    signal.throwIfAborted();
    return null;
  }

  async setClock(_to: { utcMs: number; localMs: number }, signal: AbortSignal): Promise<ClockSetting> {
    signal.throwIfAborted();
    return 'not-supported';
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    signal.throwIfAborted();
    return this.#batteryPercent === null ? null : { ...NOTHING_TOLD, batteryPercent: this.#batteryPercent };
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

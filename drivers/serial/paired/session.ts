// One camera on two lines at a time: the serial one controls it (identity, clock, condition, indicator), the other one moves the bytes.
// Whether both belong to one camera is told by `contradiction`, before the two are put together.
//
// Invariants:
// 1. Listing, reading and erasing go to the bytes' half alone: what the control half does or fails to do never touches a recording.
// 2. A control half that is gone is not asked again; one that fails at a question is told about, and the other half answers.
import { plainSerial } from '../../../protocol/format/camera-names.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type {
  CameraCondition,
  CameraIdentity,
  CameraSession,
  CameraTime,
  ClockSetting,
  EraseOutcome,
  IndicatorState,
  Inventory,
  InventoryEntry,
  Piece,
} from '../../driver.ts';

/** What is asked of the half that moves no bytes. */
export type ControlHalf = Pick<
  CameraSession,
  'identity' | 'readClock' | 'setClock' | 'condition' | 'setIndicator' | 'close'
>;

/** The two halves, open both. */
export interface PairedHalves {
  readonly control: ControlHalf;
  readonly bytes: CameraSession;
  /** The control half is gone or failed at a question. May be called any number of times. */
  readonly onTrouble: (error: DockError) => void;
}

/** A session over both halves; closing it closes them. */
export class PairedSession implements CameraSession {
  readonly #control: ControlHalf;
  readonly #bytes: CameraSession;
  readonly #onTrouble: (error: DockError) => void;
  #isControlGone = false;
  #isClosed = false;

  constructor({ control, bytes, onTrouble }: PairedHalves) {
    this.#control = control;
    this.#bytes = bytes;
    this.#onTrouble = onTrouble;
  }

  get hasStationTimes(): boolean {
    return this.#bytes.hasStationTimes === true;
  }

  get mayHideRewrites(): boolean {
    return this.#bytes.mayHideRewrites === true;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    const files = await this.#bytes.identity(signal);
    const said = await this.#ask(signal, (control) => control.identity(signal));
    return {
      vendor: said?.vendor ?? files.vendor,
      model: said?.model ?? files.model,
      serial: said?.serial ?? files.serial,
      firmware: said?.firmware ?? files.firmware,
    };
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    return (await this.#ask(signal, (control) => control.readClock(signal))) ?? this.#bytes.readClock(signal);
  }

  async setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    const done = await this.#ask(signal, (control) => control.setClock(to, signal));
    return done === undefined || done === 'not-supported' ? this.#bytes.setClock(to, signal) : done;
  }

  /** The medium knows its own sizes even where the camera does not tell them. */
  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    const said = await this.#ask(signal, (control) => control.condition(signal));
    const files = await this.#bytes.condition(signal);
    if (said === undefined || said === null || files === null) return said ?? files;
    return {
      batteryPercent: said.batteryPercent ?? files.batteryPercent,
      batteryMv: said.batteryMv ?? files.batteryMv,
      batteryCycles: said.batteryCycles ?? files.batteryCycles,
      charging: said.charging ?? files.charging,
      temperatureC: said.temperatureC ?? files.temperatureC,
      storageTotalBytes: said.storageTotalBytes ?? files.storageTotalBytes,
      storageFreeBytes: said.storageFreeBytes ?? files.storageFreeBytes,
      powerOns: said.powerOns ?? files.powerOns,
    };
  }

  /** Of the half that moves the bytes: the other one's questions are few. */
  get onStep(): CameraSession['onStep'] {
    return this.#bytes.onStep?.bind(this.#bytes);
  }

  inventory(signal: AbortSignal): Promise<Inventory> {
    return this.#bytes.inventory(signal);
  }

  read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece> {
    return this.#bytes.read(entry, offset, signal);
  }

  erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome> {
    return this.#bytes.erase(entry, signal, sha256);
  }

  get overlapBytes(): number | undefined {
    return this.#bytes.overlapBytes;
  }

  get ownSha256(): CameraSession['ownSha256'] {
    return this.#bytes.ownSha256?.bind(this.#bytes);
  }

  get goneOf(): CameraSession['goneOf'] {
    return this.#bytes.goneOf?.bind(this.#bytes);
  }

  async setIndicator(state: IndicatorState, signal: AbortSignal): Promise<void> {
    if (!this.#isControlGone) await this.#control.setIndicator?.(state, signal);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#control.close(), this.#bytes.close()]);
  }

  /** What the control half says; undefined where it is gone or fails. Errors: the signal's reason; what is no DockError. */
  async #ask<T>(signal: AbortSignal, question: (control: ControlHalf) => Promise<T>): Promise<T | undefined> {
    if (this.#isControlGone) return undefined;
    try {
      return await question(this.#control);
    } catch (error) {
      const isLate = isDockError(signal.reason, 'driver.timeout'); // of this question alone: anybody who asked waits no longer
      if (!isDockError(error) || (signal.aborted && !isLate)) throw error;
      if (error.code === 'driver.detached') this.#isControlGone = true;
      this.#onTrouble(error);
      signal.throwIfAborted();
      return undefined;
    }
  }
}

/**
 * What two halves say that one camera cannot: two serial numbers. Vendor and model are spelled as each standard likes. A half that names
 * none contradicts nothing. Undefined where they agree.
 */
export function contradiction(control: CameraIdentity, bytes: CameraIdentity): DockError | undefined {
  if (control.serial === null || bytes.serial === null) return undefined;
  if (plainSerial(control.serial) === plainSerial(bytes.serial)) return undefined;
  return new DockError(
    'driver.two-cameras',
    'the serial port and the files of this bay belong to two cameras: check which cable leads to which bay',
    { retry: 'person' },
  );
}

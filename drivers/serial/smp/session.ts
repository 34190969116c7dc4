// A session with one camera that speaks SMP. Its line is closed with it and never used again.
import { createHash, type Hash } from 'node:crypto';
import { equalBytes, parseUtf8 } from '../../../protocol/format/bytes.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
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
import type { SmpClient } from './client.ts';
import { cameraTimeText, parseCameraTime, type SmpCommands, type SmpIdentity } from './commands.ts';
import { download } from './download.ts';
import { listedNow, listRecordings } from './listing.ts';
import { RC_NOT_SUPPORTED, rcOf } from './packet.ts';
import { SmpPresence } from './presence.ts';

/** Two seconds of the slowest line: what is read again where a reading goes on. */
const OVERLAP_BYTES = 16 * 1024;
/** What an echo carries. */
export const HELLO = 'bodydock';

/** What a session is made of once the camera has answered. */
export interface SmpSessionParts {
  readonly client: SmpClient;
  readonly commands: SmpCommands;
  readonly window: number;
  /** True where the framing checks each packet. */
  readonly isChecked: boolean;
  readonly identity: SmpIdentity;
  readonly clock: Clock;
}

/** Bytes of one file from its beginning on. */
interface ReadSoFar {
  readonly file: string;
  readonly hash: Hash;
  bytes: number;
}

/** Shape: as CameraSession; one line, closed with it. */
export class SmpSession implements CameraSession {
  readonly overlapBytes = OVERLAP_BYTES;
  readonly #client: SmpClient;
  readonly #commands: SmpCommands;
  readonly #window: number;
  readonly #isChecked: boolean;
  readonly #identity: SmpIdentity;
  readonly #presence: SmpPresence;
  /** Where each name stood in the latest list. */
  #places: ReadonlyMap<string, number> = new Map();
  /** As the clock said when it was read last. */
  #zoneMinutes: number | null = null;
  /** What was read last from its beginning on, without a gap. */
  #read: ReadSoFar | undefined;

  constructor({ client, commands, window, isChecked, identity, clock }: SmpSessionParts) {
    this.#client = client;
    this.#commands = commands;
    this.#window = window;
    this.#isChecked = isChecked;
    this.#identity = identity;
    const echo = (signal: AbortSignal): Promise<void> => answered(commands.echo(HELLO, signal));
    this.#presence = new SmpPresence({ clock, echo, onLeft: (error) => client.left(error) });
    this.#presence.start();
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    const { vendor, model, serial, firmware } = await this.#sameCamera(signal);
    return {
      vendor: vendor ?? null,
      model: model ?? null,
      serial: serial ?? null,
      firmware: firmware ?? null,
    };
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    const text = await this.#ask(() => this.#commands.readTime(signal), signal).catch((error: unknown) => {
      if (rcOf(error) === undefined) throw error;
      return undefined; // no clock, or none that it tells
    });
    const time = text === undefined ? undefined : parseCameraTime(text);
    this.#zoneMinutes = time?.zoneMinutes ?? null;
    return time ?? null;
  }

  async setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    try {
      const text = cameraTimeText(to, this.#zoneMinutes);
      await this.#ask(() => this.#commands.writeTime(text, signal), signal);
      return 'set';
    } catch (error) {
      const rc = rcOf(error);
      if (rc === undefined) throw error;
      return rc === RC_NOT_SUPPORTED ? 'not-supported' : 'refused';
    }
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    const said = await this.#ask(() => this.#commands.condition(signal), signal);
    if (said === undefined) return null;
    return {
      batteryPercent: said.battery_percent ?? null,
      batteryMv: said.battery_mv ?? null,
      batteryCycles: said.battery_cycles ?? null,
      charging: said.charging ?? null,
      temperatureC: said.temperature_c === undefined ? null : Math.round(said.temperature_c),
      storageTotalBytes: said.storage_total ?? null,
      storageFreeBytes: said.storage_free ?? null,
      powerOns: said.power_ons ?? null,
    };
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    const inventory = await this.#ask(() => listRecordings(this.#commands, signal), signal);
    await this.#sameCamera(signal);
    const names = inventory.entries.map(({ path }) => parseUtf8(path) ?? '');
    this.#places = new Map(names.map((name, place) => [name, place]));
    return inventory;
  }

  async *read(
    entry: InventoryEntry,
    offset: number,
    signal: AbortSignal,
  ): AsyncGenerator<Piece, void, undefined> {
    const wish = {
      name: nameOf(entry),
      sizeBytes: entry.sizeBytes,
      offset,
      window: this.#window,
      isChecked: this.#isChecked,
    };
    if ((await this.#looked(entry, signal)) === 'gone') throw gone();
    const read = this.#readBefore(entry, offset);
    const pieces = download(this.#commands, { ...wish, before: read?.hash.copy() }, signal);
    for await (const piece of this.#presence.duringAll(pieces, signal)) {
      if (read !== undefined && piece.kind === 'bytes') {
        read.hash.update(piece.bytes);
        read.bytes += piece.bytes.length;
      }
      yield piece;
    }
    if ((await this.#looked(entry, signal)) === 'gone') throw gone();
    await this.#sameCamera(signal);
  }

  async ownSha256(entry: InventoryEntry, signal: AbortSignal): Promise<Uint8Array | undefined> {
    if (entry.sizeBytes === 0) return undefined; // MCUmgr has no digest of nothing
    if ((await this.#looked(entry, signal)) === 'gone') throw gone();
    const whole = { off: 0, sizeBytes: entry.sizeBytes };
    const sha256 = await this.#ask(() => this.#commands.fileSha256(nameOf(entry), whole, signal), signal);
    if ((await this.#looked(entry, signal)) === 'gone') throw gone();
    await this.#sameCamera(signal);
    return sha256;
  }

  async erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome> {
    if ((await this.#looked(entry, signal)) === 'gone') return 'already-gone';
    const file = { name: nameOf(entry), sizeBytes: entry.sizeBytes };
    const outcome = await this.#ask(() => this.#commands.erase(file, sha256, signal), signal);
    if (outcome !== 'refused') return outcome;
    const theirs = await this.#ask(
      () => this.#commands.fileSha256(file.name, { off: 0, sizeBytes: file.sizeBytes }, signal),
      signal,
    );
    if (theirs !== undefined && !equalBytes(theirs, sha256)) throw changed();
    return 'refused';
  }

  async setIndicator(state: IndicatorState, signal: AbortSignal): Promise<void> {
    await this.#commands.indicator(state, signal);
  }

  showFiles(as: 'storage' | 'mtp', signal: AbortSignal): Promise<boolean> {
    return this.#ask(() => this.#commands.usbMode(as, signal), signal);
  }

  onLeft(handler: (error: Error) => void): void {
    this.#client.onEnd(handler);
  }

  onStep(handler: () => void): void {
    this.#client.onStep(handler);
  }

  close(): Promise<void> {
    this.#presence.stop();
    return this.#client.close();
  }

  /**
   * What was read of the file before the offset, to go on from; undefined where that is not known. A read that broke off has compared no
   * digest: the one that continues after it compares that of the whole.
   */
  #readBefore({ path, stamp }: InventoryEntry, offset: number): ReadSoFar | undefined {
    const file = `${stamp} ${Buffer.from(path).toString('latin1')}`;
    if (offset === 0) this.#read = { file, hash: createHash('sha256'), bytes: 0 };
    return this.#read?.file === file && this.#read.bytes === offset ? this.#read : undefined;
  }

  /** Errors: "driver.changed" where the list shows another file under that name now. */
  async #looked(entry: InventoryEntry, signal: AbortSignal): Promise<'same' | 'gone'> {
    const name = nameOf(entry);
    const where = { name, place: this.#places.get(name) };
    const now = await this.#ask(() => listedNow(this.#commands, where, signal), signal);
    if (now === undefined) return 'gone';
    if (now.stamp !== entry.stamp) throw changed();
    return 'same';
  }

  #ask<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#presence.during(question, signal);
  }

  /** Another camera on the same wires is a departure, however fast it was exchanged. */
  async #sameCamera(signal: AbortSignal): Promise<SmpIdentity> {
    const now = await this.#ask(() => this.#commands.identity(signal), signal);
    const { vendor, model, serial } = this.#identity;
    if (now.vendor === vendor && now.model === model && now.serial === serial) return now;
    const error = new DockError('driver.detached', 'another camera answers at the serial port', {
      retry: 'later',
    });
    this.#client.left(error);
    throw error;
  }
}

/** An error code of the camera is an answer. */
async function answered(call: Promise<void>): Promise<void> {
  await call.catch((error: unknown) => {
    if (rcOf(error) === undefined) throw error;
  });
}

function gone(): DockError {
  return new DockError('driver.gone', 'the file is not on the camera', { retry: 'never' });
}

function changed(): DockError {
  return new DockError('driver.changed', 'the file is not the one that was listed', { retry: 'later' });
}

function nameOf({ path }: InventoryEntry): string {
  const name = parseUtf8(path);
  if (name !== undefined) return name;
  throw new DockError('driver.gone', 'no name on this camera has such bytes', { retry: 'never' });
}

// Driver for cameras that speak PTP or MTP over USB (ISO 15740, MTP 1.1). One claimed interface for each session, let go with it.
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import {
  type CameraCondition,
  type CameraIdentity,
  type CameraSession,
  type CameraTime,
  type ClockSetting,
  type Driver,
  type EraseOutcome,
  type Inventory,
  type InventoryEntry,
  NOTHING_TOLD,
  type Piece,
  type Place,
} from '../driver.ts';
import { hasDisk, type OpenUsb, type UsbDeviceFacts, type UsbDevices } from '../usb/device.ts';
import type { CyclePower } from '../usb/port-power.ts';
import type { UsbTransport } from '../usb/transport.ts';
import { CameraEvents, type CameraNotice } from './camera-events.ts';
import { ptpInterfaceOf, RESPONSE } from './codes.ts';
import { PtpCommands } from './commands.ts';
import { PtpConversation, responseOf } from './conversation.ts';
import { isDatasetError } from './datasets.ts';
import { DeviceClock } from './device-clock.ts';
import { type FoundObject, pathKey, withNewHandles } from './given-paths.ts';
import { describeObject, isStill, listObjects, type PtpListing, PtpStores } from './listing.ts';
import { type PtpQuirks, ptpQuirksOf } from './quirks.ts';
import { readObject } from './read-object.ts';
import type { RecoveryStep } from './recovery.ts';

const TEXT_CHARACTERS_MAX = 128;
/** Looks for a store behind the opening, and the pause between two. */
const STORE_LOOKS = 10;
const STORE_PAUSE_MS = 1000;

export interface PtpDriverOptions {
  readonly devices: UsbDevices;
  readonly openUsb: OpenUsb;
  readonly clock: Clock;
  /** Told before each step that brings a camera back into step. */
  readonly onRecovery: (portPath: string, step: RecoveryStep, reason: unknown) => void;
  /** Told once in a session each. */
  readonly onNotice?: (portPath: string, notice: CameraNotice) => void;
  /** Whether the disk that a device shows beside PTP may hold files; without it none is asked for. Errors: the system's; the signal's reason. */
  readonly hasFilesBeside?: (portPath: string, signal: AbortSignal) => Promise<boolean>;
  /** Stands after those steps; without it they are all there is. */
  readonly cyclePower?: CyclePower;
}

/** Shape: as Driver; takes places of kind "usb". */
export function ptpDriver(options: PtpDriverOptions): Driver {
  return {
    name: 'ptp',
    probe: async (place, signal) => {
      if (place.kind !== 'usb') return false;
      const device = await options.devices.at(place.path, signal);
      return device !== undefined && ptpInterfaceOf(device) !== undefined;
    },
    open: (place, signal) => open(options, place, signal),
  };
}

async function open(
  { devices, openUsb, clock, onRecovery, onNotice, cyclePower, hasFilesBeside }: PtpDriverOptions,
  place: Place,
  signal: AbortSignal,
): Promise<CameraSession> {
  if (place.kind !== 'usb') throw new DockError('driver.refused', 'not a USB port', { retry: 'never' });
  const device = await devices.at(place.path, signal);
  if (device === undefined)
    throw new DockError('driver.detached', `nothing is plugged into USB port ${place.path}`, {
      retry: 'later',
    });
  const pipes = ptpInterfaceOf(device);
  if (pipes === undefined)
    throw new DockError('driver.refused', `the device on USB port ${place.path} does not speak PTP`, {
      retry: 'never',
    });
  const quirks = ptpQuirksOf(device);
  const transport = await openUsb(device, pipes.number, signal);
  const conversation = new PtpConversation({
    transport,
    clock,
    quirks,
    onRecovery: (step, reason) => onRecovery(place.path, step, reason),
    cyclePower: cyclePower && ((ending) => cyclePower(place.path, ending)),
  });
  try {
    await conversation.open(signal);
    const commands = new PtpCommands(conversation);
    const identity = identityOf(await commands.deviceInfo(signal), device, quirks);
    const filesBeside = hasDisk(device)
      ? (within: AbortSignal) => hasFilesBeside?.(place.path, within)
      : undefined;
    const session = new PtpSession({ clock, conversation, commands, quirks, identity, filesBeside });
    session.listen(transport, (notice) => onNotice?.(place.path, notice));
    return session;
  } catch (error) {
    await conversation.close();
    throw error;
  }
}

function identityOf(
  info: Readonly<Record<'manufacturer' | 'model' | 'deviceVersion' | 'serial', string>>,
  device: UsbDeviceFacts,
  quirks: PtpQuirks,
): CameraIdentity {
  const own = quirks.serialFromUsb ? '' : info.serial;
  return {
    vendor: text(info.manufacturer) ?? device.vendor,
    model: text(info.model) ?? device.product,
    serial: text(own) ?? device.serial,
    firmware: text(info.deviceVersion),
  };
}

function text(said: string): string | null {
  const kept = said.slice(0, TEXT_CHARACTERS_MAX).toWellFormed().trim();
  return kept === '' ? null : kept;
}

interface SessionParts {
  readonly clock: Clock;
  readonly conversation: PtpConversation;
  readonly commands: PtpCommands;
  readonly quirks: PtpQuirks;
  readonly identity: CameraIdentity;
  /** Of a device that shows a disk as well. */
  readonly filesBeside: ((signal: AbortSignal) => Promise<boolean> | undefined) | undefined;
}

class PtpSession implements CameraSession {
  readonly #clock: Clock;
  readonly #conversation: PtpConversation;
  readonly #commands: PtpCommands;
  readonly #quirks: PtpQuirks;
  readonly #identity: CameraIdentity;
  #listing: PtpListing | undefined;
  readonly #deviceClock: DeviceClock;
  readonly #stores = new PtpStores();
  readonly #filesBeside: SessionParts['filesBeside'];
  #events: CameraEvents | undefined;
  /** Storage of the file that is being read. */
  #reading: number | undefined;
  #isDeviceChanged = false;

  constructor({ clock, conversation, commands, quirks, identity, filesBeside }: SessionParts) {
    this.#filesBeside = filesBeside;
    this.#clock = clock;
    this.#conversation = conversation;
    this.#commands = commands;
    this.#quirks = quirks;
    this.#deviceClock = new DeviceClock(commands, quirks);
    this.#identity = identity;
  }

  /** What the camera says unasked is heard from now on. Called once. */
  listen(transport: Pick<UsbTransport, 'onInterrupt'>, onNotice: (notice: CameraNotice) => void): void {
    const events = new CameraEvents({
      clock: this.#clock,
      onNotice,
      onCancelled: (transaction) =>
        this.#conversation.hurry('the camera called the transaction off', transaction),
      onStoreRemoved: (storage) => this.#doubt(storage),
      onDeviceChanged: () => (this.#isDeviceChanged = true),
    });
    this.#events = events;
    transport.onInterrupt((packet) => events.came(packet));
  }

  onNews(handler: () => void): void {
    this.#events?.onNews(handler);
  }

  onStep(handler: () => void): void {
    this.#conversation.onStep(handler);
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    this.#commands.assertHere(signal);
    return this.#identity;
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    return this.#deviceClock.read(signal);
  }

  setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    return this.#deviceClock.set(to, signal);
  }

  /** Each value by itself: what is refused, or makes no sense, costs no other one. */
  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    const batteryPercent = await orNull(this.#commands.batteryPercent(signal));
    let storageTotalBytes: number | null = null;
    let storageFreeBytes: number | null = null;
    for (const storage of (await orNull(this.#commands.storageIds(signal))) ?? []) {
      const info = await orNull(this.#commands.storageInfo(storage, signal));
      storageTotalBytes = plus(storageTotalBytes, info?.totalBytes ?? null);
      storageFreeBytes = plus(storageFreeBytes, info?.freeBytes ?? null);
    }
    if (batteryPercent === null && storageTotalBytes === null && storageFreeBytes === null) return null;
    return { ...NOTHING_TOLD, batteryPercent, storageTotalBytes, storageFreeBytes };
  }

  async inventory(signal: AbortSignal): Promise<Inventory> {
    if (this.#quirks.reopensBeforeListing && this.#listing !== undefined) await this.#commands.reopen(signal);
    if (this.#isDeviceChanged) await this.#askDevice(signal);
    this.#listing = await this.#list(signal);
    if (this.#commands.hasTextAfterEnd) this.#events?.notice('text-after-end');
    const { inventory } = this.#listing;
    if ((await this.#filesBeside?.(signal)) !== true) return inventory;
    return { ...inventory, problems: [...inventory.problems, { reason: 'other-disk', path: null }] };
  }

  async *read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncGenerator<Piece> {
    const find = async (within: AbortSignal): Promise<FoundObject> => {
      const found = await this.#find(entry, within);
      this.#reading = found.storage;
      await this.#assertStore(within);
      return found;
    };
    try {
      yield* readObject(this.#commands, this.#quirks, entry, offset, find, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isDockError(error, 'driver.detached')) await this.#assertStore(signal, error);
      throw error;
    } finally {
      this.#reading = undefined;
    }
  }

  async erase(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    return withNewHandles(() => this.#eraseOnce(entry, signal));
  }

  close(): Promise<void> {
    this.#events?.end();
    return this.#conversation.close();
  }

  /** Errors: "ptp.handles-lost" before anything was touched. */
  async #eraseOnce(entry: InventoryEntry, signal: AbortSignal): Promise<EraseOutcome> {
    const here = await this.#find(entry, signal).catch((error: unknown) => {
      if (isDockError(error, 'driver.gone')) return undefined;
      throw error;
    });
    if (here === undefined && this.#stores.missing.length > 0) throw storeMissing(this.#stores.missing);
    if (here === undefined) return 'already-gone';
    const { handle, plain } = here;
    const found = await describeObject(this.#commands, handle, signal);
    if (found === undefined) return 'already-gone';
    if (!isStill(found, plain, entry.stamp))
      throw new DockError('driver.changed', 'the file is not the one that was listed', { retry: 'later' });
    return outcomeOf(await this.#commands.erase(handle, signal));
  }

  /** Where the session was opened again since the listing, handles may be others: the camera is listed again. */
  async #find(entry: InventoryEntry, signal: AbortSignal): Promise<FoundObject> {
    if (this.#listing === undefined || this.#listing.generation !== this.#commands.generation)
      this.#listing = await this.#list(signal);
    const listed = this.#listing.found.get(pathKey(entry.path));
    if (listed === undefined)
      throw new DockError('driver.gone', 'the file is not on the camera any more', { retry: 'never' });
    if (listed.stamp !== entry.stamp)
      throw new DockError('driver.changed', 'the file is not what was listed', { retry: 'later' });
    return listed;
  }

  #list(signal: AbortSignal): Promise<PtpListing> {
    const [before, stores] = [this.#listing, this.#stores];
    return withNewHandles(async () => {
      const storages = await this.#storages(signal);
      return listObjects(this.#commands, { before, stores, storages }, signal);
    });
  }

  /** A camera that was just plugged in may not have its card ready: one that shows no store at first is asked again for a while. */
  async #storages(signal: AbortSignal): Promise<number[]> {
    for (let looks = this.#listing === undefined ? STORE_LOOKS : 1; ; looks--) {
      const storages = await this.#commands.storageIds(signal);
      if (storages.length > 0 || looks === 1) return storages;
      await this.#clock.sleep(STORE_PAUSE_MS, signal);
    }
  }

  /** What it can do may be something else now; a camera that does not say goes on as it was. */
  async #askDevice(signal: AbortSignal): Promise<void> {
    this.#isDeviceChanged = false;
    await this.#commands.deviceInfo(signal).catch((error: unknown) => {
      if (responseOf(error) === undefined) throw error;
    });
  }

  #doubt(storage: number | undefined): void {
    this.#stores.doubt(storage);
    if (this.#reading === undefined || !this.#stores.isDoubted(this.#reading)) return;
    this.#conversation.hurry('the camera said that the store of the file is gone');
  }

  /** Asks the camera only where it said that the store of the file that is read is gone. Errors: "driver.store-gone". */
  async #assertStore(signal: AbortSignal, cause?: unknown): Promise<void> {
    const storage = this.#reading;
    if (storage === undefined || !this.#stores.isDoubted(storage)) return;
    this.#stores.assertThere(storage, await this.#commands.storageIds(signal), cause);
  }
}

function storeMissing(storages: readonly number[]): DockError {
  const names = storages.map((storage) => `0x${storage.toString(16).padStart(8, '0')}`).join(', ');
  const words = `the camera does not show its store ${names} any more, so that nobody can tell whether the file is there; nothing was erased: put the card back`;
  return new DockError('driver.store-gone', words, { retry: 'later' });
}

function outcomeOf(code: number): EraseOutcome {
  if (code === RESPONSE.ok) return 'done';
  if (code === RESPONSE.invalidObjectHandle) return 'already-gone';
  if (code === RESPONSE.objectWriteProtected || code === RESPONSE.storeReadOnly) return 'write-protected';
  return 'refused';
}

/** Null where the camera refuses, or answers a dataset that makes no sense. Errors: every other one. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  return answer.catch((error: unknown) => {
    if (responseOf(error) === undefined && !isDatasetError(error)) throw error;
    return null;
  });
}

function plus(sum: number | null, more: number | null): number | null {
  return more === null ? sum : (sum ?? 0) + more;
}

// Driver for cameras that speak SMP on a serial line (SPEC 11). One line for each session: it is closed with it and never used again.
import { equalBytes, parseUtf8 } from '../../protocol/bytes.ts';
import { DockError, isDockError } from '../../protocol/errors.ts';
import type { Clock } from '../../protocol/ports.ts';
import type {
  CameraCondition,
  CameraIdentity,
  CameraSession,
  CameraTime,
  ClockSetting,
  Driver,
  EraseOutcome,
  IndicatorState,
  Inventory,
  InventoryEntry,
  Piece,
  Place,
} from '../driver.ts';
import type { OpenLine } from '../serial/line.ts';
import { cameraTimeText, parseCameraTime } from './camera-time.ts';
import { SmpClient } from './client.ts';
import { SmpCommands, type SmpIdentity } from './commands.ts';
import { consoleFraming } from './console-framing.ts';
import { download } from './download.ts';
import { PLACES_MAX } from './exchange.ts';
import { listedNow, listRecordings } from './listing.ts';
import { SMP_PACKET_BYTES_MAX } from './packet.ts';
import { SmpPresence } from './presence.ts';
import { rawFraming } from './raw-framing.ts';
import { RC_NOT_SUPPORTED, RC_TOO_NEW, rcOf } from './refusals.ts';

/** A first answer may have to wait for the end of a boot. */
const HELLO = 'bodydock';

export interface SmpDriverOptions {
  readonly openLine: OpenLine;
  readonly clock: Clock;
  /** True where the port is the camera's own, as all are unless told: on any other one silence says that nobody is there. */
  readonly isCameraPort?: (path: string) => Promise<boolean>;
  /** Undefined where no device lies at the path. Without it a port counts as there until it is opened. */
  readonly deviceAt?: (path: string) => Promise<string | undefined>;
}

/** Shape: as Driver; takes places of kind "serial". */
export function smpDriver(options: SmpDriverOptions): Driver {
  return {
    name: 'smp',
    probe: async (place, signal) => {
      signal.throwIfAborted();
      if (place.kind !== 'serial') return false;
      return options.deviceAt === undefined || (await options.deviceAt(place.path)) !== undefined;
    },
    open: (place, signal) => open(options, place, signal),
  };
}

async function open(
  { openLine, clock, isCameraPort = () => Promise.resolve(true) }: SmpDriverOptions,
  place: Place,
  signal: AbortSignal,
): Promise<CameraSession> {
  if (place.kind !== 'serial') throw new DockError('driver.refused', 'not a serial port', { retry: 'never' });
  const line = await openLine({ path: place.path, baud: place.baud }, signal);
  const isRaw = place.framing === 'raw';
  const client = new SmpClient(line, isRaw ? rawFraming : consoleFraming, clock, place.baud);
  try {
    const commands = new SmpCommands(client);
    await greet(client, commands, signal);
    const identity = await commands.identity(signal);
    const parameters = await commands.parameters(signal);
    if (parameters !== undefined) {
      checkBuffer(parameters.bufSize);
      client.buffers = { packetBytes: parameters.bufSize, count: parameters.bufCount };
    }
    const window = Math.min(parameters?.bufCount ?? 1, PLACES_MAX);
    return new SmpSession({ client, commands, window, isChecked: !isRaw, identity, clock });
  } catch (error) {
    const { noiseBytes, damaged } = client.faults;
    await client.close();
    if (!isDockError(error, 'driver.timeout')) throw error;
    if (noiseBytes + damaged > 0) throw notUnderstood(noiseBytes, damaged, error);
    throw (await isCameraPort(place.path)) ? error : silent(error);
  }
}

/** In step with the camera, whatever it was sending: it answers an echo. A camera of SMP v1 says that v2 is too new, or nothing. */
async function greet(client: SmpClient, commands: SmpCommands, signal: AbortSignal): Promise<void> {
  try {
    await commands.echo(HELLO, signal);
  } catch (error) {
    if (rcOf(error) === RC_NOT_SUPPORTED) return;
    if (rcOf(error) !== RC_TOO_NEW && !isDockError(error, 'driver.timeout')) throw error;
    client.version = 0;
    await commands.echo(HELLO, signal);
  }
}

/** A camera whose packets are larger than any that are taken here would not be understood. */
function checkBuffer(bufSize: number): void {
  if (bufSize <= SMP_PACKET_BYTES_MAX) return;
  const words = `the camera announces packets of ${bufSize} bytes, at most ${SMP_PACKET_BYTES_MAX} are taken: build its firmware with smaller buffers`;
  throw new DockError('driver.protocol', words, { retry: 'person' });
}

function silent(cause: unknown): DockError {
  return new DockError('driver.silent', 'nobody answers at the serial port', { retry: 'later', cause });
}

function notUnderstood(noiseBytes: number, damaged: number, cause: unknown): DockError {
  const words = `what comes at the serial port is not understood (${noiseBytes} bytes of noise, ${damaged} damaged packets): check baud and framing`;
  return new DockError('driver.protocol', words, {
    retry: 'person',
    cause,
    facts: { port: 'not-understood' },
  });
}

interface SmpSessionParts {
  readonly client: SmpClient;
  readonly commands: SmpCommands;
  readonly window: number;
  /** True where the framing checks each packet. */
  readonly isChecked: boolean;
  readonly identity: SmpIdentity;
  readonly clock: Clock;
}

class SmpSession implements CameraSession {
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
    yield* this.#presence.duringAll(download(this.#commands, wish, signal), signal);
    if ((await this.#looked(entry, signal)) === 'gone') throw gone();
    await this.#sameCamera(signal);
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

  close(): Promise<void> {
    this.#presence.stop();
    return this.#client.close();
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

// Driver for cameras that speak SMP on a serial line (SPEC 11). One line for each session: it is closed with it and never used again.
import { parseUtf8 } from '../../protocol/bytes.ts';
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
import { rcOf, SmpCommands } from './commands.ts';
import { consoleFraming } from './console-framing.ts';
import { download } from './download.ts';
import { listRecordings } from './listing.ts';
import { SMP_HEADER_BYTES, SMP_PACKET_BYTES_MAX } from './packet.ts';
import { rawFraming } from './raw-framing.ts';

/** A first answer may have to wait for the end of a boot. */
const HELLO = 'bodydock';
const RC_NOT_SUPPORTED = 8;
const RC_TOO_NEW = 13;

export interface SmpDriverOptions {
  readonly openLine: OpenLine;
  readonly clock: Clock;
}

/** Shape: as Driver; takes places of kind "serial". */
export function smpDriver(options: SmpDriverOptions): Driver {
  return {
    name: 'smp',
    probe: async (place, signal) => {
      signal.throwIfAborted();
      return place.kind === 'serial';
    },
    open: (place, signal) => open(options, place, signal),
  };
}

async function open(
  { openLine, clock }: SmpDriverOptions,
  place: Place,
  signal: AbortSignal,
): Promise<CameraSession> {
  if (place.kind !== 'serial') throw new DockError('driver.refused', 'not a serial port', { retry: 'never' });
  const line = await openLine({ path: place.path, baud: place.baud }, signal);
  const client = new SmpClient(line, place.framing === 'raw' ? rawFraming : consoleFraming, clock);
  try {
    const commands = new SmpCommands(client);
    await greet(client, commands, signal);
    const parameters = await commands.parameters(signal);
    if (parameters !== undefined) client.places = parameters.bufCount;
    checkBuffer(parameters?.bufSize);
    return new SmpSession(client, commands, parameters?.bufCount ?? 1);
  } catch (error) {
    await client.close();
    throw error;
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

/** A camera whose packets are larger than any that are taken here would never be understood. */
function checkBuffer(bufSize: number | undefined): void {
  if (bufSize === undefined || bufSize >= SMP_HEADER_BYTES) return;
  const words = `the camera announces packets of ${bufSize} bytes, expected ${SMP_HEADER_BYTES} to ${SMP_PACKET_BYTES_MAX}`;
  throw new DockError('driver.protocol', words, { retry: 'person' });
}

class SmpSession implements CameraSession {
  readonly #client: SmpClient;
  readonly #commands: SmpCommands;
  readonly #window: number;
  /** As the clock said when it was read last. */
  #zoneMinutes: number | null = null;

  constructor(client: SmpClient, commands: SmpCommands, window: number) {
    this.#client = client;
    this.#commands = commands;
    this.#window = window;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    const { vendor, model, serial, firmware } = await this.#commands.identity(signal);
    return {
      vendor: vendor ?? null,
      model: model ?? null,
      serial: serial ?? null,
      firmware: firmware ?? null,
    };
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    const text = await this.#commands.readTime(signal).catch((error: unknown) => {
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
      await this.#commands.writeTime(cameraTimeText(to, this.#zoneMinutes), signal);
      return 'set';
    } catch (error) {
      const rc = rcOf(error);
      if (rc === undefined) throw error;
      return rc === RC_NOT_SUPPORTED ? 'not-supported' : 'refused';
    }
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    const said = await this.#commands.condition(signal);
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

  inventory(signal: AbortSignal): Promise<Inventory> {
    return listRecordings(this.#commands, signal);
  }

  read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece> {
    const wish = { name: nameOf(entry), sizeBytes: entry.sizeBytes, offset, window: this.#window };
    return download(this.#commands, wish, signal);
  }

  async erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): Promise<EraseOutcome> {
    const length = await this.#commands.fileLength(nameOf(entry), signal);
    if (length === undefined) return 'already-gone';
    if (length !== entry.sizeBytes)
      throw new DockError('driver.changed', 'the file is not the one that was listed', { retry: 'later' });
    return this.#commands.erase(nameOf(entry), sha256, signal);
  }

  async setIndicator(state: IndicatorState, signal: AbortSignal): Promise<void> {
    await this.#commands.indicator(state, signal);
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

function nameOf({ path }: InventoryEntry): string {
  const name = parseUtf8(path);
  if (name !== undefined) return name;
  throw new DockError('driver.gone', 'no name on this camera has such bytes', { retry: 'never' });
}

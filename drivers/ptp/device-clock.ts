// The clock of a PTP camera: the standard's text (property 0x5011), or a vendor's number of seconds where a quirk names its property.
import type { CameraTime, ClockSetting } from '../driver.ts';
import { DEVICE_PROPERTY, RESPONSE } from './codes.ts';
import type { PtpCommands } from './commands.ts';
import { DataReader } from './data-reader.ts';
import { parsePtpTime, ptpTimeBytes } from './date-time.ts';
import type { PtpQuirks } from './quirks.ts';

const SECONDS_MAX = 0xffffffff;
const SECOND_MS = 1000;

/** Reads and sets it; the zone that it told last is the one that it is set in. */
export class DeviceClock {
  readonly #commands: PtpCommands;
  readonly #secondsProperty: number | null;
  #zoneMinutes: number | null = null;

  constructor(commands: PtpCommands, { secondsProperty }: Pick<PtpQuirks, 'secondsProperty'>) {
    this.#commands = commands;
    this.#secondsProperty = secondsProperty;
  }

  /** Null where the camera has none that it tells, or tells no time. Errors: those of the commands; "driver.protocol". */
  async read(signal: AbortSignal): Promise<CameraTime | null> {
    const property = this.#property;
    const data = await this.#commands.property(property, signal);
    if (data === undefined) return null;
    const reader = new DataReader(data, 'date and time');
    if (property === this.#secondsProperty)
      return { claimedMs: reader.u32() * SECOND_MS, zoneMinutes: null, resolutionMs: SECOND_MS };
    const time = parsePtpTime(this.#commands.textOf(reader)) ?? null;
    this.#zoneMinutes = time?.zoneMinutes ?? null;
    return time;
  }

  /** As CameraSession.setClock. */
  async set(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): Promise<ClockSetting> {
    const property = this.#property;
    const isSeconds = property === this.#secondsProperty;
    const bytes = isSeconds ? secondsBytes(to.localMs) : ptpTimeBytes(to, this.#zoneMinutes);
    if (bytes === undefined) return 'not-supported';
    const code = await this.#commands.setProperty(property, bytes, signal);
    if (code === RESPONSE.ok) return 'set';
    const knowsNot =
      code === undefined ||
      code === RESPONSE.operationNotSupported ||
      code === RESPONSE.devicePropNotSupported;
    return knowsNot ? 'not-supported' : 'refused';
  }

  /** The standard's where the camera names it: a vendor's number stands in for what is not there. */
  get #property(): number {
    const hasText = this.#commands.names(DEVICE_PROPERTY.dateTime);
    return hasText || this.#secondsProperty === null ? DEVICE_PROPERTY.dateTime : this.#secondsProperty;
  }
}

/** 32 bits, little-endian; undefined for a time that they cannot hold. */
function secondsBytes(ms: number): Uint8Array | undefined {
  const seconds = Math.floor(ms / SECOND_MS);
  if (seconds < 0 || seconds > SECONDS_MAX) return undefined;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, seconds, true);
  return bytes;
}

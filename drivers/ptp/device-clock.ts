// The clock of a PTP camera: the standard's text (property 0x5011), or a vendor's number of seconds where a quirk names its property.
import type { CameraTime, ClockSetting } from '../driver.ts';
import { DEVICE_PROPERTY, RESPONSE } from './codes.ts';
import type { PtpCommands } from './commands.ts';
import { DataReader } from './datasets.ts';
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

// Dates and times as PTP writes them: YYYYMMDDThhmmss[.s][Z|+hhmm]. Pure. Source: ISO 15740:2013 clause 5.3.5.

const FORM = /^(?<day>\d{8})T(?<time>\d{6})(?:\.(?<fraction>\d{1,3})\d*)?(?<zone>Z|[+-]\d{4})?$/;
const MINUTE_MS = 60_000;

/** Undefined where the text is no date. Without a zone it is what the camera shows, taken as UTC. */
export function parsePtpTime(text: string): CameraTime | undefined {
  const parts = FORM.exec(text.trim())?.groups;
  if (parts === undefined) return undefined;
  const { day = '', time = '', fraction, zone } = parts;
  const wall = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  const wallMs = Date.parse(`${wall}.000Z`);
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(wall)) return undefined;
  const zoneMinutes = zoneOf(zone);
  const fractionMs = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0'));
  return {
    claimedMs: wallMs + fractionMs - (zoneMinutes ?? 0) * MINUTE_MS,
    zoneMinutes,
    resolutionMs: fraction === undefined ? 1000 : 1000 / 10 ** fraction.length,
  };
}

/** The text to set a camera's clock with, as PTP writes texts: in its own zone where it told one, else local time without a zone. */
function ptpTimeBytes(
  to: { readonly utcMs: number; readonly localMs: number },
  zoneMinutes: number | null,
): Uint8Array {
  const text = ptpTimeText(to, zoneMinutes);
  const bytes = new Uint8Array(1 + 2 * (text.length + 1));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, text.length + 1);
  for (let at = 0; at < text.length; at++) view.setUint16(1 + 2 * at, text.charCodeAt(at), true);
  return bytes;
}

function ptpTimeText(
  to: { readonly utcMs: number; readonly localMs: number },
  zoneMinutes: number | null,
): string {
  const shownMs = zoneMinutes === null ? to.localMs : to.utcMs + zoneMinutes * MINUTE_MS;
  const text = new Date(shownMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return zoneMinutes === null ? text : text + zoneText(zoneMinutes);
}

function zoneOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3));
  return text.startsWith('-') ? -minutes : minutes;
}

function zoneText(minutes: number): string {
  const absolute = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

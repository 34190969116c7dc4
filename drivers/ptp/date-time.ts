// Dates and times as PTP writes them: YYYYMMDDThhmmss[.s][Z|+hhmm]. Pure. Source: ISO 15740:2013 clause 5.3.5.
import type { CameraTime } from '../driver.ts';

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
export function ptpTimeBytes(
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

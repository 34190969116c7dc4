// Makes the small files that a body camera writes beside a recording: where it was (NMEA 0183) and what happened (JSON lines).
import { encodeUtf8 } from '../../protocol/format/bytes.ts';

/** `recordedAtMs` since 1970. The same wish gives the same bytes. */
export interface SidecarWish {
  readonly recordedAtMs: number;
  readonly durationS: number;
  readonly seed: number;
}

/** A walk begins here, on a market place, in degrees; a seed moves it by some hundred metres. */
const START = { latitude: 51.5136, longitude: 7.4653 };
const METRES_PER_DEGREE = 111_320;
const WALK_M_PER_S = 1.4;
const KNOTS_PER_M_PER_S = 1.943_844;

/** One RMC sentence a second, ending in CR LF, with its sum. Source: NMEA 0183, RMC. */
export function makeGpsTrack(wish: SidecarWish): Uint8Array {
  const seconds = Math.floor(wish.durationS) + 1;
  return encodeUtf8(Array.from({ length: seconds }, (_, second) => positionAt(wish, second)).join(''));
}

/** Start, battery once in ten seconds, stop; one JSON object a line. */
export function makeEventLog(wish: SidecarWish): Uint8Array {
  const at = (second: number): string => new Date(wish.recordedAtMs + second * 1000).toISOString();
  const lines = [{ at: at(0), event: 'record-start', trigger: 'button' } as object];
  for (let second = 0; second < wish.durationS; second += 10) {
    lines.push({
      at: at(second),
      event: 'battery',
      percent: 90 - Math.floor(second / 60) - (Math.abs(wish.seed) % 20),
    });
  }
  lines.push({
    at: at(wish.durationS),
    event: 'record-stop',
    duration_ms: Math.round(wish.durationS * 1000),
  });
  return encodeUtf8(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function positionAt({ recordedAtMs, seed }: SidecarWish, second: number): string {
  const heading = Math.abs(seed * 37) % 360;
  const radians = (heading * Math.PI) / 180;
  const north = ((seed % 7) * 100 + second * WALK_M_PER_S * Math.cos(radians)) / METRES_PER_DEGREE;
  const east = ((seed % 5) * 100 + second * WALK_M_PER_S * Math.sin(radians)) / METRES_PER_DEGREE;
  const latitude = START.latitude + north;
  const longitude = START.longitude + east / Math.cos((START.latitude * Math.PI) / 180);
  const time = new Date(recordedAtMs + second * 1000).toISOString();
  const speed = (WALK_M_PER_S * KNOTS_PER_M_PER_S).toFixed(1);
  const date = time.slice(8, 10) + time.slice(5, 7) + time.slice(2, 4);
  const place = `${degreesAndMinutes(latitude, 2)},N,${degreesAndMinutes(longitude, 3)},E`;
  return sentence(
    `GPRMC,${time.slice(11, 19).replaceAll(':', '')},A,${place},${speed},${heading.toFixed(1)},${date},,,A`,
  );
}

function degreesAndMinutes(degrees: number, digits: number): string {
  const whole = Math.floor(degrees);
  return String(whole).padStart(digits, '0') + ((degrees - whole) * 60).toFixed(4).padStart(7, '0');
}

/** With "$" before and the exclusive-or of all characters behind. */
function sentence(text: string): string {
  const sum = encodeUtf8(text).reduce((sum, byte) => sum ^ byte, 0);
  return `$${text}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

// Times as a serial camera writes them (SPEC 11.5): with or without a zone, with up to six digits of a fraction. Pure.
import type { CameraTime } from '../../driver.ts';

const FORM =
  /^(?<wall>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(?<fraction>\d{1,6}))?(?<zone>Z|[+-]\d{2}:?\d{2})?$/;
const MINUTE_MS = 60_000;

/** The instant of a camera's text, or undefined where it is no time. Without a zone it is what the camera shows, taken as UTC. */
export function parseCameraTime(text: string): CameraTime | undefined {
  const parts = FORM.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const wall = parts['wall'] ?? '';
  const wallMs = Date.parse(`${wall}.000Z`);
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(wall)) return undefined;
  const fraction = parts['fraction'];
  const fractionMs = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  const zoneMinutes = zoneOf(parts['zone']);
  return {
    claimedMs: wallMs + fractionMs - (zoneMinutes ?? 0) * MINUTE_MS,
    zoneMinutes,
    resolutionMs: fraction === undefined ? 1000 : Math.max(1, 1000 / 10 ** fraction.length),
  };
}

/** The text to set a camera's clock with: in its own zone where it told one, else local time without a zone. */
export function cameraTimeText(
  to: { readonly utcMs: number; readonly localMs: number },
  zoneMinutes: number | null,
): string {
  const shownMs = zoneMinutes === null ? to.localMs : to.utcMs + zoneMinutes * MINUTE_MS;
  return new Date(shownMs).toISOString().slice(0, -1) + (zoneMinutes === null ? '' : zoneText(zoneMinutes));
}

function zoneOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (text === 'Z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith('-') ? -minutes : minutes;
}

function zoneText(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const absolute = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}:${two(absolute % 60)}`;
}

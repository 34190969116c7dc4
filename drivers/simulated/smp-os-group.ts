// Group 0 of a simulated serial camera: echo, date-time, reset, parameters (SPEC 11.5).
import { cameraTimeText, parseCameraTime } from '../serial/smp/camera-time.ts';
import type { CameraTime } from '../driver.ts';
import { RC_ACCESS_DENIED, RC_INVALID, RC_NOT_SUPPORTED } from '../serial/smp/refusals.ts';
import type { SettableClock } from './clock.ts';
import { textOf, type SmpGroup, type SmpReply } from './smp-groups.ts';

const MINUTE_MS = 60_000;

export interface SmpOsWish {
  /** undefined: this camera has no clock that it tells. */
  readonly clock: SettableClock | undefined;
  /** Units: bytes of header and data. Undefined: this camera does not know the command. */
  readonly parameters: { readonly bufSize: number; readonly bufCount: number } | undefined;
  readonly onReset: () => void;
}

export function smpOsGroup({ clock, parameters, onReset }: SmpOsWish): SmpGroup {
  return async ({ op, command, map }) => {
    if (command === 0) return echo(textOf(map, 'd'));
    if (command === 4 && clock !== undefined)
      return op === 'read' ? tell(clock) : set(clock, map['datetime']);
    if (command === 5 && op === 'write') {
      onReset();
      return {};
    }
    if (command === 6 && op === 'read' && parameters !== undefined)
      return { buf_size: parameters.bufSize, buf_count: parameters.bufCount };
    return RC_NOT_SUPPORTED;
  };
}

function echo(text: string | undefined): SmpReply {
  return text === undefined ? RC_INVALID : { r: text };
}

function tell(clock: SettableClock): SmpReply {
  return { datetime: shownText(clock.read()) };
}

/** A camera's time as it writes it: no finer than it shows, with a zone where it knows one. */
export function shownText({ claimedMs, zoneMinutes, resolutionMs }: CameraTime): string {
  const text = cameraTimeText({ utcMs: claimedMs, localMs: claimedMs }, zoneMinutes);
  return resolutionMs < 1000 ? text : text.replace(/\.\d+/, '');
}

function set(clock: SettableClock, text: unknown): SmpReply {
  const time = typeof text === 'string' ? parseCameraTime(text) : undefined;
  if (time === undefined) return RC_INVALID;
  const localMs = time.claimedMs + (time.zoneMinutes ?? 0) * MINUTE_MS;
  const setting = clock.set({ utcMs: time.claimedMs, localMs });
  if (setting === 'set') return {};
  return setting === 'refused' ? RC_ACCESS_DENIED : RC_NOT_SUPPORTED;
}

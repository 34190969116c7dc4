// The station's zone, as the process has it (TZ, /etc/localtime): for cameras that know none. Documents are UTC only.

/**
 * The instant as local time taken as UTC, both in ms since 1970. An instant always has one local time, also round a change of summer
 * time; the other way back there may be two or none, which is why nobody goes it.
 */
export function localMs(utcMs: number): number {
  return utcMs - new Date(utcMs).getTimezoneOffset() * 60_000;
}

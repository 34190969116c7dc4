// Whether the store holds of a segment of a station's log what it can hold: whole lines, and no others than the station's.
const LINE_FEED = 0x0a;

/** `stored` undefined where the vault has no such file. True where the station has no whole line of it: the power went before. */
export function isLogStored(own: Uint8Array | undefined, stored: Uint8Array | undefined): boolean {
  if (own?.includes(LINE_FEED) !== true) return true;
  return stored?.at(-1) === LINE_FEED && Buffer.from(own.subarray(0, stored.length)).equals(stored);
}

/** Bytes of its whole lines. */
export function wholeBytes(log: Uint8Array | undefined): number {
  return (log?.lastIndexOf(LINE_FEED) ?? -1) + 1;
}

/** Whether the station ended in order with it: that is its last entry, and nothing comes after. */
export function isEndOfLog(own: Uint8Array | undefined): boolean {
  return Buffer.from(own ?? []).includes('"event":"agent-stopped"');
}

/** To its last line. */
export function isEndStored(own: Uint8Array | undefined, stored: Uint8Array | undefined): boolean {
  return isLogStored(own, stored) && wholeBytes(own) === wholeBytes(stored);
}

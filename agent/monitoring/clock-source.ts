// The port to what the system knows of this station's clock. Its adapter is agent/platform/clock-source-linux.ts.

/** Both questions are answered within seconds and never reject; null where the system cannot tell. */
export interface ClockSource {
  /** Whether the wall clock is synchronised to another one now. */
  isSynchronised(): Promise<boolean | null>;
  /** Milliseconds since the machine was started, those of a suspend included, which monotonic time leaves out. */
  bootMs(): Promise<number | null>;
}

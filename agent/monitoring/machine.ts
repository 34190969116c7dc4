// What the station asks of the machine that it runs on. The adapter is machine-node.ts.

/** The computer. */
export interface Machine {
  /** Warmest sensor in whole degrees Celsius; null where there is none. Never rejects. */
  temperatureC(): Promise<number | null>;
  /** Watches the main thread until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Longest time that the main thread was held up since the last call, in ms. */
  loopDelayMs(): number;
  /** Resident set of this process. */
  memoryBytes(): number;
  /** Version of the runtime, such as "v20.20.2". */
  readonly nodeVersion: string;
}

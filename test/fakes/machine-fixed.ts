// A computer whose temperature and memory a test says.
import type { Machine } from '../../agent/monitoring/machine.ts';

/** Room temperature unless told otherwise. */
export class FixedMachine implements Machine {
  readonly nodeVersion = 'v20.0.0';
  /** Degrees Celsius, or null without a sensor. */
  temperature: number | null = 40;

  async temperatureC(): Promise<number | null> {
    return this.temperature;
  }

  async run(): Promise<void> {}

  loopDelayMs(): number {
    return 1;
  }

  memoryBytes(): number {
    return 64 * 1024 * 1024;
  }
}

// One USB bus for many wires: what is fetched from any of them takes its time on the bus, slice by slice in turn, as a host controller serves
// its bulk pipes. Time is the clock's, so a rate over a manual clock is the same number in every run.
import type { UsbBudget } from '../../../drivers/usb/transfer-limits.ts';
import type { OpenUsb } from '../../../drivers/usb/device.ts';
import type { UsbTransport } from '../../../drivers/usb/transport.ts';
import type { Clock } from '../../../protocol/format/ports.ts';

/** A controller goes round by packets; this is as fair, and less to compute. */
const SLICE_BYTES = 32 * 1024;

export interface SharedBusOptions {
  readonly clock: Clock;
  readonly bytesPerMs: number;
  /** As for the real transports: pending transfers of all devices share it. */
  readonly budget: UsbBudget;
}

export class SharedBus {
  readonly #options: SharedBusOptions;
  #freeAtMs = 0;

  constructor(options: SharedBusOptions) {
    this.#options = options;
  }

  /** Bulk IN of the wires that it opens goes over this bus. */
  over(openUsb: OpenUsb): OpenUsb {
    return async (device, interfaceNumber, signal) => {
      const wire = await openUsb(device, interfaceNumber, signal);
      const bulkIn: UsbTransport['bulkIn'] = (bytesMax, timeoutMs, within) =>
        this.#options.budget.run(bytesMax, within, async () => {
          const bytes = await wire.bulkIn(bytesMax, timeoutMs, within);
          await this.#pass(bytes.length, within);
          return bytes;
        });
      return new Proxy(wire, {
        get: (target, name) => {
          if (name === 'bulkIn') return bulkIn;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    };
  }

  async #pass(bytes: number, signal: AbortSignal): Promise<void> {
    const { clock, bytesPerMs } = this.#options;
    for (let left = bytes; left > 0; left -= SLICE_BYTES) {
      const nowMs = clock.monotonicMs();
      this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + Math.min(left, SLICE_BYTES) / bytesPerMs;
      await clock.sleep(this.#freeAtMs - nowMs, signal);
    }
  }
}

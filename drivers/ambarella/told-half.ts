// What a camera said of itself before it left the bus, as the control half of a pair: the other half is its disk.
import type { CameraCondition, CameraIdentity, CameraTime, ClockSetting } from '../driver.ts';
import { NOTHING_TOLD } from '../driver.ts';
import type { ControlHalf } from '../serial/paired/session.ts';
import type { UsbDeviceFacts } from '../usb/device.ts';
import type { Told } from './dialect.ts';

/** Nothing can be asked any more: the answers are those that were given. */
export class ToldHalf implements ControlHalf {
  readonly said: CameraIdentity;
  readonly #batteryPercent: number | null;

  /** `device` is the one that showed no disk; its own serial number counts where the camera told none. */
  constructor(device: UsbDeviceFacts, told: Told) {
    this.said = {
      vendor: device.vendor,
      model: device.product,
      serial: told.serial ?? device.serial,
      firmware: null,
    };
    this.#batteryPercent = told.batteryPercent;
  }

  async identity(signal: AbortSignal): Promise<CameraIdentity> {
    signal.throwIfAborted();
    return this.said;
  }

  async readClock(signal: AbortSignal): Promise<CameraTime | null> {
    signal.throwIfAborted();
    return null;
  }

  async setClock(_to: { utcMs: number; localMs: number }, signal: AbortSignal): Promise<ClockSetting> {
    signal.throwIfAborted();
    return 'not-supported';
  }

  async condition(signal: AbortSignal): Promise<CameraCondition | null> {
    signal.throwIfAborted();
    return this.#batteryPercent === null ? null : { ...NOTHING_TOLD, batteryPercent: this.#batteryPercent };
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}

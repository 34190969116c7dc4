// A whole station with its store, and PTP cameras on its USB ports that speak real bytes over wires in memory.
import { pathDigest } from '../../../agent/inventory/entry.ts';
import { ptpDriver } from '../../../drivers/ptp/driver.ts';
import type { RecoveryStep } from '../../../drivers/ptp/recovery.ts';
import { SimulatedClock } from '../../../drivers/simulated/clock.ts';
import { MemoryCamera } from '../memory-camera.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { DockAndStore, type DockOptions } from '../dock-and-store.ts';
import { UsbDock } from '../usb/dock.ts';
import type { ResponderWish } from './operations.ts';
import { PtpResponder } from './responder.ts';

export interface PtpStation {
  readonly usb: UsbDock;
  readonly dock: DockAndStore;
  /** Steps that brought a camera back into step, with the port of each. */
  readonly recoveries: readonly (readonly [string, RecoveryStep])[];
  /** A camera with these files, whose clock is right. */
  readonly camera: (
    serial: string,
    files: Readonly<Record<string, Uint8Array>>,
    wish?: ResponderWish,
  ) => PtpResponder;
  /** What the custody log says of the file at the path: events, each with its reason where it has one. */
  readonly said: (path: string) => Promise<string[]>;
}

/** Started, with its receiver; bay n is at port 1-1.n. */
export async function ptpStation(options: Omit<DockOptions, 'usb'> = {}): Promise<PtpStation> {
  const { clock = nodeClock() } = options;
  const usb = new UsbDock(clock);
  const recoveries: [string, RecoveryStep][] = [];
  const driver = ptpDriver({
    devices: usb.devices,
    openUsb: usb.openUsb,
    clock,
    onRecovery: (port, step) => recoveries.push([port, step]),
  });
  const dock = await DockAndStore.open({ ...options, clock, usb: { devices: usb.devices, driver } });
  await dock.startReceiver();
  await dock.startStation();
  return {
    usb,
    dock,
    recoveries,
    camera: (serial, files, wish = {}) => {
      const memory = new MemoryCamera();
      memory.clock = new SimulatedClock(() => clock.monotonicMs(), { shownMs: clock.wallMs() });
      for (const [name, bytes] of Object.entries(files)) memory.put(name, bytes);
      return new PtpResponder(memory, { batteryPercent: 63, identity: { serial }, ...wish });
    },
    said: async (path) => {
      const digest = pathDigest(encodeUtf8(path));
      const entries = (await dock.custody()).filter(({ facts }) => facts['path_sha256'] === digest);
      return entries.map(({ event, facts }) => [event, facts['reason']].filter(Boolean).join(' '));
    },
  };
}

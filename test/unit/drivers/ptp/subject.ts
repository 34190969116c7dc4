// A PTP camera in memory, as the driver contract and the tests of misdeeds see it.
import type { Driver, Place } from '../../../../drivers/driver.ts';
import type { CameraNotice } from '../../../../drivers/ptp/camera-events.ts';
import { ptpDriver } from '../../../../drivers/ptp/driver.ts';
import type { RecoveryStep } from '../../../../drivers/ptp/recovery.ts';
import { SimulatedClock } from '../../../../drivers/simulated/clock.ts';
import { MemoryCamera } from '../../../fakes/memory-camera.ts';
import type { CyclePower } from '../../../../drivers/usb/port-power.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import type { Clock } from '../../../../protocol/format/ports.ts';
import type { DriverSubject } from '../../../contracts/driver-subject.ts';
import type { ResponderWish } from '../../../fakes/ptp/operations.ts';
import { PtpResponder } from '../../../fakes/ptp/responder.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';
import type { Wire } from '../../../fakes/usb/wire.ts';

export const PTP_PLACE: Place = { kind: 'usb', path: '1-1.4' };

/** A camera on a USB port, with its wires: one for each opening. */
export interface PtpBench {
  readonly camera: MemoryCamera;
  readonly responder: PtpResponder;
  readonly driver: Driver;
  readonly wires: readonly Wire[];
  readonly recoveries: RecoveryStep[];
  readonly notices: CameraNotice[];
  pull(): void;
}

export interface BenchWish extends ResponderWish {
  readonly clock?: Clock;
  readonly packetBytes?: number;
  readonly vendorId?: number;
  readonly productId?: number;
  readonly cyclePower?: CyclePower;
}

export function ptpBench(wish: BenchWish = {}): PtpBench {
  const { clock = nodeClock(), packetBytes, vendorId = 0x1234, productId = 1, cyclePower } = wish;
  const camera = new MemoryCamera();
  camera.clock = new SimulatedClock(() => performance.now(), { shownMs: Date.UTC(2026, 10, 25) });
  const responder = new PtpResponder(camera, { batteryPercent: 80, ...wish });
  const dock = new UsbDock(clock, packetBytes);
  dock.plug(PTP_PLACE.path, responder, { vendorId, productId });
  const recoveries: RecoveryStep[] = [];
  const onRecovery = (_path: string, step: RecoveryStep): void => void recoveries.push(step);
  const notices: CameraNotice[] = [];
  const driver = ptpDriver({
    devices: dock.devices,
    openUsb: dock.openUsb,
    clock,
    onRecovery,
    onNotice: (_path, notice) => void notices.push(notice),
    ...(cyclePower !== undefined && { cyclePower }),
  });
  return {
    camera,
    responder,
    driver,
    wires: dock.wires,
    recoveries,
    notices,
    pull: () => dock.unplug(PTP_PLACE.path),
  };
}

export async function ptpSubject(wish: BenchWish = {}): Promise<DriverSubject & { bench: PtpBench }> {
  const bench = ptpBench(wish);
  const { camera, driver } = bench;
  return {
    bench,
    driver,
    place: PTP_PLACE,
    names: { kind: 'text', charactersMax: 254 },
    put: async (path, bytes) => camera.put(path, bytes),
    remove: async (path) => camera.remove(path),
    protect: async () => {
      camera.isProtected = true;
    },
    detach: async () => bench.pull(),
    contents: async () =>
      new Map(
        camera.files().map(({ path, content }) => {
          if (!(content instanceof Uint8Array)) throw new Error('the contract puts bytes only');
          return [Buffer.from(path).toString('latin1'), Buffer.from(content)];
        }),
      ),
  };
}

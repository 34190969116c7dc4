// A simulated serial camera and the driver that talks to it, as the driver contract wants them: over a socket in memory.
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { NOTHING_TOLD, type Place } from '../../drivers/driver.ts';
import { smpDriver } from '../../drivers/serial/smp/driver.ts';
import { consoleFraming, rawFraming } from '../../drivers/serial/smp/framing.ts';
import { SimulatedClock } from '../../drivers/simulated/clock.ts';
import type { ByteSink } from '../../drivers/simulated/pty-socat.ts';
import { SmpCameraLine, type SmpFaults } from '../../drivers/simulated/smp-camera-line.ts';
import { SmpCamera, type SmpCameraWish } from '../../drivers/simulated/smp-camera.ts';
import { MemorySmpFiles } from '../../drivers/simulated/smp-files.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import type { DriverSubject } from '../contracts/driver-subject.ts';
import { MemorySocket } from './memory-line.ts';

export interface SmpSubjectWish extends Omit<SmpCameraWish, 'files'> {
  readonly framing?: 'console' | 'raw';
  readonly faults?: SmpFaults;
  /** Bits per second that the camera sends with. */
  readonly baud?: number;
  /** Bytes go over in pieces of at most so many. */
  readonly pieceBytes?: number;
  /** The machine's unless told. */
  readonly time?: Clock;
  /** False: the camera's clock is not told. */
  readonly hasClock?: boolean;
}

/** The camera's side of a subject. */
export interface SmpBench {
  readonly camera: SmpCamera;
  readonly files: MemorySmpFiles;
  readonly line: SmpCameraLine;
  readonly socket: MemorySocket;
  readonly place: Place;
  readonly subject: DriverSubject;
}

/** A camera that sends into a sink; whoever calls gives `line.take` what the station sends. */
export function smpCameraOn(
  sink: ByteSink,
  wish: SmpSubjectWish,
): Pick<SmpBench, 'camera' | 'files' | 'line'> {
  const { framing, faults = {}, baud, pieceBytes: _, time = nodeClock(), hasClock = true, ...more } = wish;
  const files = new MemorySmpFiles();
  const clock = new SimulatedClock(() => time.monotonicMs(), { shownMs: Date.UTC(2026, 10, 25) });
  const camera = new SmpCamera({
    files,
    condition: { ...NOTHING_TOLD, batteryPercent: 80, charging: true },
    ...(hasClock ? { clock } : {}),
    ...more,
  });
  const line = new SmpCameraLine({
    camera,
    framing: framing === 'raw' ? rawFraming : consoleFraming,
    clock: time,
    sink,
    faults,
    eraseAll: async () => files.clear(),
    ...(baud === undefined ? {} : { baud }),
  });
  return { camera, files, line };
}

/** What the contract does to such a camera behind the driver's back. */
export function smpDoings(
  files: MemorySmpFiles,
): Pick<DriverSubject, 'names' | 'put' | 'remove' | 'contents'> {
  const text = (path: Uint8Array): string => Buffer.from(path).toString();
  return {
    names: { kind: 'text', charactersMax: 255 },
    put: async (path, bytes) => files.put(text(path), bytes),
    remove: (path) => files.erase(text(path)),
    contents: async () => {
      const listed = await files.list();
      return new Map(
        listed.map(({ name }) => [
          Buffer.from(name).toString('latin1'),
          Buffer.from(files.bytes(name) ?? []),
        ]),
      );
    },
  };
}

/** A camera at a socket in memory. */
export function smpBench(wish: SmpSubjectWish = {}): SmpBench {
  const socket = new MemorySocket(wish.pieceBytes);
  const made = smpCameraOn(socket.end, wish);
  socket.end.onBytes = (bytes) => made.line.take(bytes);
  const { time = nodeClock(), framing = 'console' } = wish;
  const driver = smpDriver({ openLine: socket.openLine, deviceAt: socket.deviceAt, clock: time });
  const place: Place = { kind: 'serial', path: 'bay-1', baud: wish.baud ?? 115_200, framing };
  const subject = { ...smpDoings(made.files), driver, place, detach: async () => socket.unplug() };
  return { ...made, socket, place, subject };
}

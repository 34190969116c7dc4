// A recorder on a port in memory and the driver before it, with whatever the agent would give the driver.
import { ambarellaDriver } from '../../../../drivers/ambarella/driver.ts';
import { LoginGuard } from '../../../../drivers/ambarella/login-guard.ts';
import type { Driver, Place } from '../../../../drivers/driver.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';
import type { DriverSubject } from '../../../contracts/driver-subject.ts';
import { diskDriver } from '../../../fakes/ambarella/disk-driver.ts';
import { AmbarellaRecorder, type DialectName, type RecorderWish } from '../../../fakes/ambarella/recorder.ts';
import { UsbDock } from '../../../fakes/usb/dock.ts';

export const PLACE: Place = { kind: 'usb', path: '1-1.4' };
export const DIALECTS: readonly DialectName[] = ['a', 'b', 'c'];
/** Of the length that each dialect wants. */
export const PASSWORDS: Readonly<Record<DialectName, string>> = {
  a: 'MRK-6a',
  b: 'MRK-8b-x',
  c: 'MRK-any-length-c',
};

export interface BenchWish extends Partial<Omit<RecorderWish, 'dock' | 'portPath'>> {
  /** What the configuration has; the right one unless given. */
  readonly configured?: string | undefined;
  readonly wrapDisk?: (disk: Driver) => Driver;
}

export interface Bench {
  readonly dock: UsbDock;
  readonly recorder: AmbarellaRecorder;
  readonly driver: Driver;
  /** Every recorder that may show its disk on the port. */
  readonly recorders: AmbarellaRecorder[];
  /** What the configuration has now. */
  password: string | undefined;
  /** "locked" and "free" as the agent was told, in order. */
  readonly told: string[];
  /** "away", "back" and "end" of the changes on the port, in order. */
  readonly changes: string[];
  /** Another recorder for the same port. */
  another(wish?: Partial<RecorderWish>): AmbarellaRecorder;
}

/** Plugged in. */
export function bench(wish: BenchWish = {}): Bench {
  const { dialect = 'a', clock = nodeClock(), wrapDisk = (disk: Driver) => disk } = wish;
  const dock = new UsbDock(clock);
  const recorders: AmbarellaRecorder[] = [];
  const another = (other: Partial<RecorderWish> = {}): AmbarellaRecorder => {
    const made = new AmbarellaRecorder({
      password: PASSWORDS[other.dialect ?? dialect],
      ...wish,
      ...other,
      dialect: other.dialect ?? dialect,
      clock,
      dock,
      portPath: PLACE.path,
    });
    recorders.push(made);
    return made;
  };
  const recorder = another();
  recorder.plug();
  const told: string[] = [];
  const changes: string[] = [];
  const made: Bench = {
    dock,
    recorder,
    recorders,
    password: 'configured' in wish ? wish.configured : recorder.wish.password,
    told,
    changes,
    another,
    driver: ambarellaDriver({
      devices: dock.devices,
      openControl: dock.openControl,
      clock,
      disk: wrapDisk(diskDriver(dock.devices, () => recorders)),
      passwordOf: async () => made.password,
      guard: new LoginGuard({
        onLocked: (_port, refusals) => told.push(`locked ${refusals}`),
        onFree: () => told.push('free'),
      }),
      beginSwitch: () => {
        changes.push('away');
        return { cameBack: () => changes.push('back'), end: () => changes.push('end') };
      },
      ...(wish.clock === undefined && { lookMs: 2 }),
    }),
  };
  return made;
}

/** For the driver contract: away for 2 ms only. */
export async function ambarellaSubject(dialect: DialectName): Promise<DriverSubject & { bench: Bench }> {
  const made = bench({ dialect, awayMs: 2 });
  const { recorder, driver } = made;
  const { camera } = recorder;
  return {
    bench: made,
    driver,
    place: PLACE,
    put: async (path, bytes) => camera.put(path, bytes),
    remove: async (path) => camera.remove(path),
    putOddity: async (path) => camera.put(path, new Uint8Array(0), { kind: 'not-a-file' }),
    protect: async () => {
      camera.isProtected = true;
    },
    detach: async () => recorder.pull(),
    contents: async () =>
      new Map(
        camera.files().map(({ path, content }) => {
          if (!(content instanceof Uint8Array)) throw new Error('the contract puts bytes only');
          return [Buffer.from(path).toString('latin1'), Buffer.from(content)];
        }),
      ),
  };
}

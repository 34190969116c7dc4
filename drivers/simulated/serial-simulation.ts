// A simulated serial camera on a pseudo terminal: files, clock, camera, line and terminal put together.
import { stat } from 'node:fs/promises';
import { concatBytes } from '../../protocol/format/bytes.ts';
import { DockError } from '../../protocol/format/errors.ts';
import type { Clock } from '../../protocol/format/ports.ts';
import { NOTHING_TOLD } from '../driver.ts';
import { consoleFraming, rawFraming } from '../serial/smp/framing.ts';
import { simulatedFiles } from './camera.ts';
import { SimulatedClock } from './clock.ts';
import { openPty } from './pty-socat.ts';
import { SmpCameraLine, type SmpFaults } from './smp-camera-line.ts';
import { SMP_IDENTITY, SmpCamera } from './smp-camera.ts';
import { folderSmpFiles, MemorySmpFiles, type SmpFiles } from './smp-files.ts';

/** What is simulated; what is undefined is left to the camera's own defaults. */
export interface SerialSimulationWish {
  /** Where the port appears. */
  readonly link: string;
  /** undefined: two short clips with sidecars, in memory. */
  readonly folder: string | undefined;
  readonly mayErase: boolean;
  readonly framing: 'console' | 'raw';
  /** Bits per second that answers are slowed down to. */
  readonly baud: number | undefined;
  /** SMP v1 (0) or v2 (1). */
  readonly version: 0 | 1;
  readonly bufSize: number | undefined;
  readonly bufCount: number | undefined;
  readonly serial: string | undefined;
  /** Commands that it does not know, such as "8/1". */
  readonly without: readonly string[];
  /** What its clock shows at first, ms since 1970; it knows no zone. */
  readonly shownMs: number;
  readonly faults: SmpFaults;
}

export interface SerialSimulation {
  /** How many files it holds at first. */
  readonly files: number;
  /** Settles when all is taken away: because the signal asked for it, or because the terminal ended. Never rejects. */
  readonly ended: Promise<'asked' | 'gone'>;
}

/** Errors: those of openPty; "simulated.no-folder"; the signal's reason. */
export async function openSerialSimulation(
  wish: SerialSimulationWish,
  clock: Clock,
  signal: AbortSignal,
): Promise<SerialSimulation> {
  const files = await filesOf(wish);
  const count = (await files.list()).length;
  const camera = new SmpCamera({
    files,
    identity: { ...SMP_IDENTITY, serial: wish.serial ?? SMP_IDENTITY.serial },
    clock: new SimulatedClock(() => clock.monotonicMs(), { shownMs: wish.shownMs }),
    condition: { ...NOTHING_TOLD, batteryPercent: 80, charging: true, temperatureC: 24 },
    version: wish.version,
    without: wish.without,
    ...(wish.bufSize === undefined ? {} : { bufSize: wish.bufSize }),
    ...(wish.bufCount === undefined ? {} : { bufCount: wish.bufCount }),
  });
  const pty = await openPty(wish.link, clock, signal);
  const line = new SmpCameraLine({
    camera,
    framing: wish.framing === 'raw' ? rawFraming : consoleFraming,
    clock,
    sink: pty,
    faults: wish.faults,
    eraseAll: () => eraseAll(files),
    ...(wish.baud === undefined ? {} : { baud: wish.baud }),
  });
  pty.onBytes((bytes) => line.take(bytes));
  const ended = new Promise<'asked' | 'gone'>((resolve) => {
    const end = (how: 'asked' | 'gone'): void => {
      line.end();
      void pty.close().then(() => resolve(how));
    };
    pty.onEnd(() => end('gone'));
    if (signal.aborted) end('asked');
    else signal.addEventListener('abort', () => end('asked'), { once: true });
  });
  return { files: count, ended };
}

async function filesOf({ folder, mayErase, shownMs }: SerialSimulationWish): Promise<SmpFiles> {
  if (folder === undefined) return clipsInMemory(shownMs);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw new DockError('simulated.no-folder', `${folder} is no folder`, { retry: 'person' });
  const files = folderSmpFiles(folder, (ms) => new Date(ms).toISOString().slice(0, -1));
  return mayErase ? files : { ...files, erase: refuseErasing };
}

async function refuseErasing(): Promise<void> {
  throw new DockError('simulated.protected', 'this folder may not be erased from', { retry: 'person' });
}

function clipsInMemory(startedAtMs: number): SmpFiles {
  const files = new MemorySmpFiles();
  for (const file of simulatedFiles({ kind: 'two-clips', seed: 1, startedAtMs })) {
    const at = new Date(file.modifiedAtMs).toISOString().slice(0, 19);
    files.put(`DCIM/100MEDIA/${file.name}`, concatBytes([...file.make()]), { at });
  }
  return files;
}

async function eraseAll(files: SmpFiles): Promise<void> {
  for (const { name } of await files.list()) await files.erase(name);
}

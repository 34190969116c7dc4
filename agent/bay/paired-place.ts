// A bay whose camera is reached twice: a serial port that controls it and a place where its files appear. One docking, one session.
//
// Invariants:
// 1. Without the files there is no session: a listing by the port would name the same recordings by other paths.
// 2. A control half that is missing, silent or speaks nonsense is a condition, and the files are taken all the same.
// 3. Two halves that cannot be one camera are refused before anything is read: nobody could say whose recordings these are.
import type { CameraIdentity, CameraSession } from '../../drivers/driver.ts';
import { contradiction, PairedSession } from '../../drivers/paired/session.ts';
import { DockError, isDockError } from '../../protocol/errors.ts';
import type { BayId } from '../../protocol/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/ports.ts';
import type { BayPlace } from './bay-place.ts';
import { PairWatch, PORT_GONE_MS } from './pair-watch.ts';
import { departed, PRESENCE_MS } from './place-watch.ts';

/** The camera's port appears with its files, or shortly before or after. */
const PORT_MS = 5000;
/** A camera that was told to show its files, and the system that mounts them, have so long. */
const FILES_MS = 60_000;
const CONDITION = 'camera.port';

export interface PairedPlaceDeps {
  readonly bay: BayId;
  readonly port: BayPlace;
  readonly files: BayPlace;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
}

interface Half {
  readonly session: CameraSession;
  readonly identity: CameraIdentity;
}

/** The place of a paired bay. */
export class PairedPlace implements BayPlace {
  readonly watch: PairWatch;
  readonly #deps: PairedPlaceDeps;

  constructor(deps: PairedPlaceDeps) {
    this.#deps = deps;
    const { port, files, clock } = deps;
    const onPortGone = (): void => this.#trouble('driver.detached');
    this.watch = new PairWatch({ port: port.watch, files: files.watch, clock, onPortGone });
  }

  async open(signal: AbortSignal): Promise<CameraSession> {
    let control = await this.#control(signal);
    try {
      if (control !== undefined && !(await this.#areFilesThere()))
        control = await this.#showFiles(control, signal);
      const bytes = await this.#deps.files.open(signal);
      if (control === undefined) return bytes;
      return await this.#together(control, bytes, signal);
    } catch (error) {
      await control?.session.close();
      throw error;
    }
  }

  async #together(control: Half, bytes: CameraSession, signal: AbortSignal): Promise<CameraSession> {
    try {
      const refused = contradiction(control.identity, await bytes.identity(signal));
      if (refused !== undefined) throw refused;
    } catch (error) {
      await bytes.close();
      throw error;
    }
    this.#deps.conditions.clear(CONDITION, this.#deps.bay);
    const session: PairedSession = new PairedSession({
      control: control.session,
      bytes,
      onTrouble: (error) => {
        if (error.code === 'driver.detached') this.#lateTrouble(session, error);
        else this.#trouble(error.code, error);
      },
    });
    return session;
  }

  /**
   * The control half, or undefined where it cannot be had: that is told, and no reason to leave recordings on a camera whose files are
   * there. Errors: those of the port as long as there are no files.
   */
  async #control(signal: AbortSignal): Promise<Half | undefined> {
    const { port, clock } = this.#deps;
    if (!(await within(PORT_MS, clock, signal, async () => (await port.watch.present()) !== undefined))) {
      if (!(await this.#areFilesThere())) throw departed('nothing is in this bay any more');
      this.#trouble('driver.detached');
      return undefined;
    }
    let session: CameraSession | undefined;
    try {
      session = await port.open(signal);
      return { session, identity: await session.identity(signal) };
    } catch (error) {
      await session?.close();
      if (signal.aborted || !isDockError(error) || !(await this.#areFilesThere())) throw error;
      this.#trouble(error.code, error);
      return undefined;
    }
  }

  /** Tells the camera to show its files and waits for them. It may drop its port on the way: then it is opened again, and is asked again who it is. */
  async #showFiles(control: Half, signal: AbortSignal): Promise<Half | undefined> {
    const { clock } = this.#deps;
    await control.session.showFiles?.('storage', signal).catch((error: unknown) => {
      if (signal.aborted || !isDockError(error)) throw error;
      this.#trouble(error.code, error);
    });
    if (!(await within(FILES_MS, clock, signal, () => this.#areFilesThere())))
      throw new DockError(
        'driver.no-files',
        `the camera answers at its serial port, but its files did not appear within ${FILES_MS / 1000} s: check its USB contacts`,
        { retry: 'person' },
      );
    try {
      return { session: control.session, identity: await control.session.identity(signal) };
    } catch (error) {
      await control.session.close();
      if (signal.aborted || !isDockError(error)) throw error;
      return await this.#control(signal);
    }
  }

  async #areFilesThere(): Promise<boolean> {
    return (await this.#deps.files.watch.present()) !== undefined;
  }

  /** Of a camera that is being taken out one half goes before the other: no trouble where the session ends soon. */
  #lateTrouble(session: PairedSession, error: DockError): void {
    this.#deps.clock.after(PORT_GONE_MS, () => {
      if (!session.isClosed) this.#trouble(error.code, error);
    });
  }

  #trouble(reason: string, error?: DockError): void {
    const { bay, conditions, log } = this.#deps;
    log.warn('serial port of a bay fails, its files are taken all the same', { bay, reason, error });
    conditions.raise(CONDITION, bay, { reason });
  }
}

/** Looks again and again; false where it was not so within that time. Errors: the signal's reason. */
async function within(
  ms: number,
  clock: Clock,
  signal: AbortSignal,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const endMs = clock.monotonicMs() + ms;
  for (;;) {
    if (await look()) return true;
    if (clock.monotonicMs() >= endMs) return false;
    await clock.sleep(PRESENCE_MS, signal);
  }
}

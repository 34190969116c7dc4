// A bay whose camera is reached twice: a serial port that controls it and a place where its files appear. One docking, one session.
//
// Invariants:
// 1. Without the files there is no session: a listing by the port would name the same recordings by other paths.
// 2. A control half that is missing, silent or speaks nonsense is a condition, and the files are taken all the same.
// 3. Two halves that cannot be one camera are refused before anything is read: nobody could say whose recordings these are.
import type { CameraIdentity, CameraSession } from '../../drivers/driver.ts';
import { contradiction, PairedSession } from '../../drivers/serial/paired/session.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import { type BayPlace, departed, type PlaceWatch, PRESENCE_MS, untilThere } from './bay-place.ts';
import type { WhoIs } from './camera-register.ts';

/** The camera's port appears with its files, or shortly before or after. */
const PORT_MS = 5000;
/** A camera that was told to show its files, and the system that mounts them, have so long. */
const FILES_MS = 60_000;
const CONDITION = 'camera.port';

export interface PairedPlaceDeps {
  readonly bay: BayId;
  readonly port: BayPlace;
  readonly files: BayPlace;
  /** What the camera is told to show them as; storage, as for a folder, unless told. */
  readonly filesAs?: 'storage' | 'mtp';
  /** Rejects a camera that is refused because of who it is, before it is told anything. */
  readonly whoIs: WhoIs;
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
    const control = await this.#control(signal);
    if (control === undefined) return this.#openFiles(signal);
    try {
      // A port that says no serial number leaves it to the files, and to the docking, to say whose they are.
      if (control.identity.serial !== null) this.#deps.whoIs(control.identity);
      return await this.#openBoth(control, signal);
    } catch (error) {
      await control.session.close();
      throw error;
    }
  }

  async #openBoth(control: Half, signal: AbortSignal): Promise<CameraSession> {
    const shown = await this.#filesShown(signal);
    if (shown !== undefined) return this.#together(control, shown, signal);
    await this.#showFiles(control, signal);
    const bytes = await this.#filesOpened(signal);
    let again: Half | undefined;
    try {
      again = await this.#askedAgain(control, signal);
    } catch (error) {
      await bytes.close();
      throw error;
    }
    return again === undefined ? bytes : this.#together(again, bytes, signal);
  }

  /** Closes both where it rejects. */
  async #together(control: Half, bytes: CameraSession, signal: AbortSignal): Promise<CameraSession> {
    try {
      const refused = contradiction(control.identity, await bytes.identity(signal));
      if (refused !== undefined) throw refused;
    } catch (error) {
      await Promise.all([bytes.close(), control.session.close()]);
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

  /** The files where the camera shows them already; a USB port on which there is only something else is no reason to give up. */
  async #filesShown(signal: AbortSignal): Promise<CameraSession | undefined> {
    if (!(await this.#areFilesThere())) return undefined;
    return this.#openFiles(signal).catch((error: unknown) => {
      if (signal.aborted || !isDockError(error, 'driver.refused')) throw error;
      return undefined;
    });
  }

  async #showFiles({ session }: Half, signal: AbortSignal): Promise<void> {
    await session.showFiles?.(this.#deps.filesAs ?? 'storage', signal).catch((error: unknown) => {
      if (signal.aborted || !isDockError(error)) throw error;
      this.#trouble(error.code, error);
    });
  }

  /** Waits for the files of a camera that was told to show them. */
  async #filesOpened(signal: AbortSignal): Promise<CameraSession> {
    const { clock } = this.#deps;
    const endMs = clock.monotonicMs() + FILES_MS;
    for (;;) {
      const bytes = await this.#filesShown(signal);
      if (bytes !== undefined) return bytes;
      if (clock.monotonicMs() >= endMs) throw noFiles();
      await clock.sleep(PRESENCE_MS, signal);
    }
  }

  async #openFiles(signal: AbortSignal): Promise<CameraSession> {
    const { files } = this.#deps;
    const identity = await files.watch.present();
    const bytes = await files.open(signal);
    if (identity !== undefined) this.watch.holdFiles(identity);
    return bytes;
  }

  /** A camera that changed its mode may have dropped its port: then it is opened again. It is asked again who it is. */
  async #askedAgain({ session }: Half, signal: AbortSignal): Promise<Half | undefined> {
    try {
      return { session, identity: await session.identity(signal) };
    } catch (error) {
      await session.close();
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
    log.warn('serial port of a bay failed, its files are still pulled', { bay, reason, error });
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

function noFiles(): DockError {
  const words = `the camera answers at its serial port, but its files did not appear within ${FILES_MS / 1000} s: check its USB contacts`;
  return new DockError('driver.no-files', words, { retry: 'person' });
}

// Watches a bay whose camera shows itself twice, at a serial port and with its files: one stay of one camera, whichever half comes first.
//
// Invariants:
// 1. Once the files are held by a session, their departure is the camera's: whatever the port shows, those bytes are no longer there.
// 2. A port that goes while the files stay ends nothing; it is told, but not before PORT_GONE_MS: of a camera that is taken out one half may
//    go before the other.
// 3. Before the files are held the camera may come and go for SWITCH_MS: it does so when it is told to show them.

/** A camera that changes its USB mode may be away for so long. */
export const SWITCH_MS = 15_000;

/** A port that is away for so long while the files stay is not just on its way out with the camera. */
export const PORT_GONE_MS = 5000;

interface PairWatchParts {
  readonly port: PlaceWatch;
  readonly files: PlaceWatch;
  readonly clock: Clock;
  /** The port went, or another device is at it, while the files stay. Called once for each stay. */
  readonly onPortGone: () => void;
}

/** Its identity only says which half was there first. */
export class PairWatch implements PlaceWatch {
  readonly #parts: PairWatchParts;
  /** What the files were known by when their session was opened in this stay. */
  #held: string | undefined;

  constructor(parts: PairWatchParts) {
    this.#parts = parts;
  }

  async present(): Promise<string | undefined> {
    const { port, files } = this.#parts;
    return (await files.present()) ?? (await port.present());
  }

  /** The session of this stay is open over what the files' watch calls so. */
  holdFiles(identity: string): void {
    this.#held = identity;
  }

  arrival(signal: AbortSignal): Promise<string> {
    this.#held = undefined;
    return untilThere(() => this.present(), this.#parts.clock, signal);
  }

  async departure(_identity: string, signal: AbortSignal): Promise<never> {
    const { port, files, clock } = this.#parts;
    let portSeen: string | undefined;
    let portAtMs = Number.POSITIVE_INFINITY;
    let thereAtMs = clock.monotonicMs();
    for (;;) {
      const [filesNow, portNow] = await Promise.all([files.present(), port.present()]);
      const held = this.#held;
      const now = clock.monotonicMs();
      if (held !== undefined && filesNow !== held)
        throw departed('the files of this bay are gone or others lie there');
      if (filesNow !== undefined || portNow !== undefined) thereAtMs = now;
      else if (now - thereAtMs >= SWITCH_MS)
        throw departed('neither the serial port nor the files of this bay are there any more');
      if (held === undefined) [portSeen, portAtMs] = [undefined, Number.POSITIVE_INFINITY];
      portSeen ??= portNow;
      if (portNow !== undefined && portNow === portSeen) portAtMs = now;
      else if (now - portAtMs >= PORT_GONE_MS) {
        this.#parts.onPortGone();
        portAtMs = Number.POSITIVE_INFINITY;
      }
      await clock.sleep(PRESENCE_MS, signal);
    }
  }

  changes(onChange: () => void): () => Promise<void> {
    return this.#parts.files.changes(onChange);
  }
}

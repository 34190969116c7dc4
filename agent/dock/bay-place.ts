// Where a bay's camera is, and how its session is opened there.
import type { CameraSession, Driver, Place } from '../../drivers/driver.ts';
import { pickDriver } from '../../drivers/registry.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import { departed, type PlaceWatch } from './place-watch.ts';

/** A session with the camera in a bay. */
export interface BaySession extends CameraSession {
  /** The bay waits for others than its camera, knows of it, and goes on waiting: said at least every some minutes. */
  waits?(): void;
}

/** The place of one bay for all its dockings. */
export interface BayPlace {
  readonly watch: PlaceWatch;
  /**
   * What the transport shows of the device that is there now and of no other one in this boot; null where it cannot tell one plug from the
   * next. Not there for a place that never can. Errors: the system's.
   */
  plug?(signal: AbortSignal): Promise<string | null>;
  /**
   * Opens what is there now: a new session each time.
   * Errors: "driver.detached", "driver.silent" (the port is there, and nobody on it), "driver.refused", others of the drivers; the signal's
   * reason.
   */
  open(signal: AbortSignal): Promise<BaySession>;
}

/** A bay with one place. */
export class SinglePlace implements BayPlace {
  readonly watch: PlaceWatch;
  readonly #place: Place;
  readonly #drivers: readonly Driver[];

  constructor(place: Place, watch: PlaceWatch, drivers: readonly Driver[]) {
    this.#place = place;
    this.watch = watch;
    this.#drivers = drivers;
  }

  async open(signal: AbortSignal): Promise<CameraSession> {
    const driver = await pickDriver(this.#drivers, this.#place, signal);
    if (driver === undefined)
      throw new DockError('driver.refused', 'no driver speaks to what is in this bay', { retry: 'later' });
    const session = await driver.open(this.#place, signal);
    try {
      // What left before it was opened may have left something else in its place, such as an empty mount point.
      if (await this.#isGone()) throw departed('nothing is in this bay any more');
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  /** A look that the machine refuses says nothing of the camera. */
  async #isGone(): Promise<boolean> {
    try {
      return (await this.watch.present()) === undefined;
    } catch (error) {
      if (isDockError(error)) throw error;
      return false;
    }
  }
}

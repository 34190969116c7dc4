// Where a bay's camera is, and how its session is opened there.
import type { CameraSession, Driver, InventoryEntry, Piece, Place } from '../../drivers/driver.ts';
import { DockError, isDockError, isMachineShort } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { ProgressSource, Work } from '../../protocol/format/progress.ts';
import { News } from './docking.ts';

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

// Says when something is at the place of a bay, something else, or nothing any more. Presence is asked for: neither a mount over a folder
// nor a serial device that is pulled while it sends gives an event that never fails to come. What does come only makes the next look sooner.

/** How often a place is looked at where something lies. */
export const PRESENCE_MS = 1000;
/** ... and where nothing does: whoever puts a camera in is to see it named within a second, the naming included. */
const ARRIVAL_MS = 500;

/** Another text once something else lies at the path; undefined where nothing does. */
export type PlaceIdentity = (path: string) => Promise<string | undefined>;

/** Watches the place of one bay. */
export interface PlaceWatch {
  /** What is there now, or undefined. */
  present(): Promise<string | undefined>;
  /** Resolves with what is there as soon as there is something. Errors: the signal's reason. */
  arrival(signal: AbortSignal): Promise<string>;
  /** Rejects with "driver.detached" once that is gone or something else is there, or with the signal's reason. */
  departure(identity: string, signal: AbortSignal): Promise<never>;
  /** Calls `onChange` when there may be something new on the camera, until the returned function is called. */
  changes(onChange: () => void): () => Promise<void>;
}

/** Calls its argument whenever a look may show something new, until what it returns is called. Nobody relies on it. */
type Hints = (onHint: () => void) => () => Promise<void>;

/** Resolves with the first identity that a look gives; hints are asked for where the first one gives none. Errors: the signal's reason. */
export async function untilThere<T>(
  look: () => Promise<T | undefined>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
  hints?: Hints,
): Promise<T> {
  let found = await look();
  if (found !== undefined) return found;
  const news = new News();
  const stop = hints?.(() => news.ring());
  try {
    while (found === undefined) {
      const cancel = clock.after(ARRIVAL_MS, () => news.ring());
      await news.wait(signal).finally(cancel);
      found = await look();
    }
    return found;
  } finally {
    await stop?.();
  }
}

/** As PlaceWatch.arrival; a look for which the machine is short of something says nothing of the place, and is made again. */
export async function untilArrived(
  watch: Pick<PlaceWatch, 'arrival'>,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
  signal: AbortSignal,
): Promise<string> {
  for (let looks = 1; ; looks++) {
    try {
      return await watch.arrival(signal);
    } catch (error) {
      if (signal.aborted || !isMachineShort(error)) throw error;
      if (looks === 1) log.warn('camera presence unknown', { error });
      await clock.sleep(PRESENCE_MS, signal);
    }
  }
}

/** As PlaceWatch.departure; a look that the machine refuses says nothing of the camera, and is made again. */
export async function untilGone(
  watch: Pick<PlaceWatch, 'departure'>,
  identity: string,
  { clock, log }: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Log },
  signal: AbortSignal,
): Promise<never> {
  for (let looks = 1; ; looks++) {
    try {
      return await watch.departure(identity, signal);
    } catch (error) {
      if (signal.aborted || isDockError(error)) throw error;
      if (looks === 1) log.warn('camera presence unknown', { error });
      await clock.sleep(PRESENCE_MS, signal);
    }
  }
}

/** The error of a departure; `words` say what is gone, `cause` is what it made fail. */
export function departed(words: string, cause?: unknown): DockError {
  return new DockError('driver.detached', words, { retry: 'later', cause });
}

// A bay's place whose stay with a camera counts as work under way: each call of the session that ends, each piece read, and each wait for the
// camera within them is a step. A silent or slow camera is no fault of ours: the drivers end such waits by their own deadlines, and say so.

/**
 * A stay may be without a step this long: at rest a camera is listed every 30 s, no wait for one takes more than some minutes, and a wait for the
 * disk is watched by itself.
 */
export const BAY_STUCK_MS = 1_800_000;

/** The same place, watched. */
export class WatchedPlace implements BayPlace {
  readonly watch: PlaceWatch;
  readonly #place: BayPlace;
  readonly #source: ProgressSource;

  constructor(place: BayPlace, source: ProgressSource) {
    this.watch = place.watch;
    this.#place = place;
    this.#source = source;
  }

  async plug(signal: AbortSignal): Promise<string | null> {
    return (await this.#place.plug?.(signal)) ?? null;
  }

  async open(signal: AbortSignal): Promise<BaySession> {
    const work = this.#source.begin();
    try {
      const session = await this.#place.open(signal);
      session.onStep?.(() => work.moved());
      return new WatchedSession(session, work);
    } catch (error) {
      work.end();
      throw error;
    }
  }
}

/** The same session; what it may lack, it lacks here, too. */
class WatchedSession implements BaySession {
  readonly overlapBytes: CameraSession['overlapBytes'];
  readonly hasStationTimes: boolean;
  readonly mayHideRewrites: boolean;
  readonly ownSha256: CameraSession['ownSha256'];
  readonly goneOf: CameraSession['goneOf'];
  readonly setIndicator?: NonNullable<CameraSession['setIndicator']>;
  readonly onLeft?: NonNullable<CameraSession['onLeft']>;
  readonly onNews?: NonNullable<CameraSession['onNews']>;
  readonly #session: CameraSession;
  readonly #work: Work;

  constructor(session: CameraSession, work: Work) {
    this.#session = session;
    this.#work = work;
    this.overlapBytes = session.overlapBytes;
    this.hasStationTimes = session.hasStationTimes === true;
    this.mayHideRewrites = session.mayHideRewrites === true;
    const { ownSha256, goneOf } = session;
    this.ownSha256 = ownSha256 && ((...args) => this.#step(ownSha256.apply(session, args)));
    this.goneOf = goneOf && ((...args) => this.#step(goneOf.apply(session, args)));
    const setIndicator = session.setIndicator?.bind(session);
    if (setIndicator) this.setIndicator = (...args) => this.#step(setIndicator(...args));
    const onLeft = session.onLeft?.bind(session);
    if (onLeft) this.onLeft = onLeft;
    const onNews = session.onNews?.bind(session);
    if (onNews) this.onNews = onNews;
  }

  identity(signal: AbortSignal): ReturnType<CameraSession['identity']> {
    return this.#step(this.#session.identity(signal));
  }

  readClock(signal: AbortSignal): ReturnType<CameraSession['readClock']> {
    return this.#step(this.#session.readClock(signal));
  }

  setClock(
    to: { readonly utcMs: number; readonly localMs: number },
    signal: AbortSignal,
  ): ReturnType<CameraSession['setClock']> {
    return this.#step(this.#session.setClock(to, signal));
  }

  condition(signal: AbortSignal): ReturnType<CameraSession['condition']> {
    return this.#step(this.#session.condition(signal));
  }

  inventory(signal: AbortSignal): ReturnType<CameraSession['inventory']> {
    return this.#step(this.#session.inventory(signal));
  }

  async *read(entry: InventoryEntry, offset: number, signal: AbortSignal): AsyncIterable<Piece> {
    for await (const piece of this.#session.read(entry, offset, signal)) {
      this.#work.moved();
      yield piece;
    }
  }

  erase(entry: InventoryEntry, signal: AbortSignal, sha256: Uint8Array): ReturnType<CameraSession['erase']> {
    return this.#step(this.#session.erase(entry, signal, sha256));
  }

  /** The bay waits for others than its camera. */
  waits(): void {
    this.#work.moved();
  }

  close(): Promise<void> {
    return this.#session.close().finally(() => this.#work.end());
  }

  /** A call is a step at its begin and at its end. */
  #step<T>(call: Promise<T>): Promise<T> {
    this.#work.moved();
    return call.finally(() => this.#work.moved());
  }
}

// Picks the driver for a place: the first in the given order whose probe accepts it. Builds none; who starts the agent lists them.

/**
 * The first driver that accepts the place, or undefined where none does.
 * A probe that fails on the camera counts as "not mine", so that one driver's trouble never hides a camera from the next.
 * Errors: the signal's reason; errors that are not a camera's (broken code of ours).
 */
export async function pickDriver(
  drivers: readonly Driver[],
  place: Place,
  signal: AbortSignal,
): Promise<Driver | undefined> {
  for (const driver of drivers) {
    signal.throwIfAborted();
    if (await accepts(driver, place, signal)) return driver;
  }
  return undefined;
}

async function accepts(driver: Driver, place: Place, signal: AbortSignal): Promise<boolean> {
  try {
    return await driver.probe(place, signal);
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    return false;
  }
}

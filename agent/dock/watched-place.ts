// A bay's place whose stay with a camera counts as work under way: each call of the session that ends, each piece read, and each wait for the
// camera within them is a step. A silent or slow camera is no fault of ours: the drivers end such waits by their own deadlines, and say so.
import type { CameraSession, InventoryEntry, Piece } from '../../drivers/driver.ts';
import type { ProgressSource, Work } from '../../protocol/format/progress.ts';
import type { BayPlace, BaySession, PlaceWatch } from './bay-place.ts';

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

// One bay for the life of the agent: waits for a camera, runs its docking, reports what is seen, and begins again. It never ends by an error.
import { type DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId } from '../../protocol/format/ids.ts';
import type { Clock, Conditions, Log } from '../../protocol/format/ports.ts';
import { withEither } from '../../protocol/format/with-either.ts';
import type { BayDocument } from '../../protocol/transfer/messages.ts';
import { appendOrLog } from '../custody/custody-log.ts';
import { NO_ENTRIES, type PushProgress } from '../inventory/entry.ts';
import type { DockingStay } from '../records/ended-docking.ts';
import type { Changes, ItemChange } from '../spool/changes.ts';
import { type BayLamp, IndicatorLight } from './bay-lamp.ts';
import { type BayPlace, untilArrived, untilGone } from './bay-place.ts';
import { type BayActivity, bayLight, bayState, RateMeter } from './bay-state.ts';
import { isCameraRefusal, REFUSAL_CODES, type WhoIs } from './camera-register.ts';
import { type Continued, DockingLife, type DockingWork } from './docking-life.ts';

/** Pause behind a port on which nobody answers, or that cannot be opened although its device is there. */
const NOBODY_MS = 2000;
/** ... and the longest one while a camera is refused: on a port of the dock's own nobody sees that another one came. */
const REFUSED_MS_MAX = 60_000;
/** Pause behind a failure that is not the camera's departure. */
const FAILED_MS_MIN = 5000;
/** ... and the longest one behind dockings that fail one after the other: each of them makes a record. */
const FAILED_MS_MAX = 600_000;
/**
 * Pause behind a camera that is said to have left while its device stays: a loose contact, or one that resets itself. Without it, such a
 * camera makes ten records a second.
 */
const BROKEN_OFF_MS_MIN = 2000;
/** ... and the longest one, behind dockings that break off one after the other before they lasted so long themselves. */
const BROKEN_OFF_MS_MAX = 60_000;
/** So many of them in a row, and somebody is told: one or two are a camera that was put in with a shaking hand. */
const BROKEN_OFF_TOLD = 3;
const LOOSE = 'camera.loose';

/** Codes of failures of the station itself. */
const OWN_FAILURE = /^(custody|spool)\./;

export interface BayDeps {
  readonly id: BayId;
  readonly work: BayWork;
  readonly progress: PushProgress;
  readonly clock: Clock;
  readonly log: Log;
  readonly conditions: Conditions;
  /** The light beside the bay, where it has one. */
  readonly lamp?: BayLamp | undefined;
  /** Of the spool. */
  readonly changes: Pick<Changes<ItemChange>, 'read'>;
  /** Shows what a bay has to show, soon after it said that it changed. */
  readonly status: { bayChanged(bay: Bay): void };
}

export class Bay {
  readonly id: BayId;
  readonly #deps: BayDeps;
  readonly #rate = new RateMeter();
  #docking: DockingLife | undefined;
  #light: IndicatorLight | undefined;
  #alias: string | null = null;
  #idle: BayActivity = 'empty';
  #since: string;
  #shown = '';
  #failedMs = FAILED_MS_MIN;
  #brokenOff = 0;
  #begunAtMs = 0;
  /** Ends the wait for a contact that holds. */
  #cancelHolds: () => void = () => undefined;
  /** What the log was told of a camera that cannot be opened; told once, tried again and again. */
  #failedBy: string | undefined;

  constructor(deps: BayDeps) {
    this.#deps = deps;
    this.id = deps.id;
    this.#since = new Date(deps.clock.wallMs()).toISOString();
  }

  /** Runs until the signal is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#dock(signal)]);
  }

  /** Receipts, and recordings that left the spool, may be of this bay's camera. */
  async #follow(signal: AbortSignal): Promise<void> {
    for await (const { kind, item, to } of this.#deps.changes.read(signal)) {
      if (kind !== 'recording') continue;
      if (to === 'gone') this.#docking?.quarantined(item);
      if (to !== 'receipted') continue;
      this.wake();
      this.#changed();
    }
  }

  async #dock(signal: AbortSignal): Promise<void> {
    const startedMs = this.#deps.clock.monotonicMs();
    this.#changed(); // what is retained may be of a camera that left while nobody looked
    while (!signal.aborted) {
      try {
        await performDocking(
          this.#deps.work,
          signal,
          (docking, light, alias) => this.#begin(docking, light, alias),
          () => this.#changed(),
          () => this.#deps.clock.monotonicMs() - startedMs,
        );
      } catch (error) {
        if (signal.aborted) break;
        await this.#ended(error, signal);
      }
    }
    this.#begin(undefined);
  }

  /** Something outside changed that may concern this bay's camera. */
  wake(): void {
    this.#docking?.wake();
  }

  /** Files that were set aside may be tried once more. */
  tryAgain(): void {
    this.#docking?.tryAgain();
  }

  /** Alias of the camera that is in it, or null. */
  get camera(): string | null {
    return this.#alias;
  }

  /** Since when its camera is in it, over starts of the agent; null where there is none, or nobody knows. */
  get dockedAt(): string | null {
    return this.#docking?.stayDockedAt ?? null;
  }

  /** Charge in percent that its camera named as it was put in; null where none is known. */
  get chargePercent(): number | null {
    return this.#docking?.chargePercent ?? null;
  }

  /** Its camera is being read or erased. */
  get isBusy(): boolean {
    const activity = this.#docking?.activity ?? this.#idle;
    return activity !== 'resting' && activity !== 'failed' && activity !== 'empty';
  }

  /** Shows this moment with light and lamp, and gives the bay document of it (SPEC 7). */
  show(): BayDocument {
    const docking = this.#docking;
    const activity = docking?.activity ?? this.#idle;
    const counts = docking?.counts(this.#deps.progress) ?? NO_ENTRIES;
    const state = bayState(activity, counts);
    this.#mark(state);
    const done = state === 'pushing' ? counts.bytesReceipted : counts.bytesSpooled;
    const moving = state === 'pulling' || state === 'pushing';
    const light = bayLight(activity, counts, docking?.problems ?? 0);
    this.#light?.show(light);
    this.#deps.lamp?.show(light);
    const rate = moving ? this.#rate.sample(this.#deps.clock.monotonicMs(), done) : null;
    return {
      bay: this.id,
      camera: this.#alias,
      state,
      light,
      entries: counts.entries,
      entries_spooled: counts.spooled,
      entries_receipted: counts.receipted,
      entries_erased: counts.erased,
      entries_waiting: counts.waiting,
      bytes: counts.bytes,
      bytes_spooled: counts.bytesSpooled,
      bytes_receipted: counts.bytesReceipted,
      rate_bytes_per_s: rate,
      remaining_s: rate === null || rate === 0 ? null : Math.ceil((counts.bytes - done) / rate),
      since: this.#since,
      docked_at: this.dockedAt,
    };
  }

  #mark(state: string): void {
    if (state === this.#shown) return;
    this.#shown = state;
    this.#since = new Date(this.#deps.clock.wallMs()).toISOString();
    this.#rate.reset();
  }

  #begin(docking: DockingLife | undefined, light?: IndicatorLight, alias?: string): void {
    this.#docking = docking;
    this.#light = light;
    this.#alias = alias ?? null;
    this.#idle = 'empty';
    this.#cancelHolds();
    if (docking !== undefined) {
      this.#failedBy = undefined;
      this.#cancelHolds = this.#deps.clock.after(BROKEN_OFF_MS_MAX, () => this.#holds());
      this.#begunAtMs = this.#deps.clock.monotonicMs();
      this.#deps.conditions.clear('camera.failed', this.id);
      this.#clearRefusals();
    }
    this.#changed();
  }

  #changed(): void {
    this.#deps.status.bayChanged(this);
  }

  async #ended(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const wasDocked = this.#docking !== undefined;
    const isFresh = clock.monotonicMs() - this.#begunAtMs < FAILED_MS_MAX;
    this.#begin(undefined);
    const isAgain = isCameraRefusal(error) && error.code === this.#failedBy;
    if ((!wasDocked && !isAgain) || !isFresh || isDockError(error, 'driver.detached'))
      this.#failedMs = FAILED_MS_MIN;
    if (isDockError(error, 'driver.detached') || isDockError(error, 'driver.silent')) {
      this.#failedBy = undefined;
      this.#clearRefusals();
      if (isDockError(error, 'driver.silent')) this.#deps.conditions.clear('camera.failed', this.id);
      if (wasDocked) await this.#breakOff(signal);
      else if (await this.#leavesWithin(NOBODY_MS, signal)) this.#holds();
      return;
    }
    const reason = isDockError(error) ? error.code : 'unexpected';
    if (isCameraRefusal(error)) this.#refused(error);
    else this.#failed(error, reason, wasDocked);
    this.#failedBy = reason;
    this.#idle = 'failed';
    this.#changed();
    const longest = isCameraRefusal(error) ? REFUSED_MS_MAX : FAILED_MS_MAX;
    if (!(await this.#leavesWithin(this.#failedMs, signal))) {
      this.#failedMs = Math.min(2 * this.#failedMs, longest);
      return;
    }
    this.#failedBy = undefined;
    this.#clearRefusals();
    this.#holds();
    this.#begin(undefined);
  }

  /** Waits where the device of a camera that left is still there, or there again; the light says that somebody's camera is. */
  async #breakOff(signal: AbortSignal): Promise<void> {
    this.#brokenOff++;
    const pauseMs = Math.min(BROKEN_OFF_MS_MIN * 2 ** (this.#brokenOff - 1), BROKEN_OFF_MS_MAX);
    const left = await this.#leavesWithin(pauseMs, signal, () => {
      if (this.#brokenOff >= BROKEN_OFF_TOLD)
        this.#deps.conditions.raise(LOOSE, this.id, { times: this.#brokenOff });
      this.#idle = this.#brokenOff >= BROKEN_OFF_TOLD ? 'failed' : 'reading';
      this.#changed();
    });
    if (left) this.#holds();
    this.#begin(undefined);
  }

  /** The contact holds, or the camera is away. */
  #holds(): void {
    this.#brokenOff = 0;
    this.#deps.conditions.clear(LOOSE, this.id);
  }

  #failed(error: unknown, reason: string, wasDocked: boolean): void {
    const { log, conditions } = this.#deps;
    if (wasDocked || reason !== this.#failedBy)
      log.error('docking failed, will retry', { bay: this.id, error });
    const facts = isDockError(error) ? error.facts : {};
    this.#clearRefusals();
    // Where log or spool cannot be written, nothing is wrong with the camera, and their own conditions say so.
    if (OWN_FAILURE.test(reason)) conditions.clear('camera.failed', this.id);
    else conditions.raise('camera.failed', this.id, { ...facts, reason });
  }

  /** Who the camera is, is no fault of it: told by a condition of its own, and in the custody log once for each stay. */
  #refused({ code, facts, message }: DockError): void {
    const { log, conditions, work } = this.#deps;
    if (code === this.#failedBy) return;
    log.warn('camera refused', { bay: this.id, code, why: message });
    appendOrLog(work.take.custody, log, {
      event: 'camera-refused',
      facts: { bay: this.id, reason: String(facts['reason']) },
    });
    this.#clearRefusals();
    conditions.clear('camera.failed', this.id);
    conditions.raise(code, this.id, facts);
  }

  #clearRefusals(): void {
    for (const code of REFUSAL_CODES) this.#deps.conditions.clear(code, this.id);
  }

  /**
   * Resolves with true as soon as the camera leaves, else with false after that long or when the signal is aborted; `onPresent` hears that it is
   * there. Never rejects.
   */
  async #leavesWithin(ms: number, signal: AbortSignal, onPresent?: () => void): Promise<boolean> {
    const { clock, work } = this.#deps;
    const { watch } = work.place;
    const over = new AbortController();
    const cancel = clock.after(ms, () => over.abort());
    try {
      const identity = await watch.present();
      if (identity === undefined) return true;
      onPresent?.();
      await withEither(signal, over.signal, (ending) => untilGone(watch, identity, this.#deps, ending));
      return true;
    } catch (error) {
      if (isDockError(error, 'driver.detached')) return true;
      // Where the first look failed it is not known whether it is there: the pause is made all the same.
      if (!over.signal.aborted && !signal.aborted) await clock.sleep(ms, signal).catch(() => undefined);
      return false;
    } finally {
      cancel();
    }
  }
}

// Opens the camera of a bay and stays with it until it leaves: one docking after the other, one a day, or none where nobody can speak to what
// is there.

/** What a bay works with; the same for all its dockings. */
interface BayWork extends Omit<DockingWork, 'camera'> {
  readonly place: BayPlace;
  readonly whoIs: WhoIs;
  /** The kernel's boot id; null where it is not told. */
  readonly boot: string | null;
}

/** The camera counts as found by a start that looked for so long: buses, mounts and cameras themselves take some seconds behind a boot. */
const FOUND_MS = 30_000;

/** Hears of a camera that said who it is, of the light that it may have, and of what people call it. */
type OnDocked = (docking: DockingLife, light: IndicatorLight, alias: string) => void;

/**
 * Waits for a camera and stays with it until it leaves. `lookedForMs`: for how long the bay looks for cameras since its start.
 * Errors: "driver.detached" when it left, "driver.silent" where only an empty port is there, "driver.refused" where no driver speaks to
 * it, "camera.unknown" and "camera.other" where it is refused because of who it is, others of the session; the signal's reason.
 */
async function performDocking(
  work: BayWork,
  signal: AbortSignal,
  onDocked: OnDocked,
  onChange: () => void,
  lookedForMs: () => number,
): Promise<void> {
  const { watch } = work.place;
  const identity = await untilArrived(watch, work.take, signal);
  const wasThere = lookedForMs() <= FOUND_MS;
  const stay = new AbortController();
  await withEither(signal, stay.signal, async (leaving) => {
    const departure = untilGone(watch, identity, work.take, leaving).catch((error: unknown) =>
      stay.abort(error),
    );
    try {
      const onLeft = (error: Error): void => stay.abort(error);
      await stayWith(work, leaving, { onLeft, onDocked, onChange, wasThere });
    } catch (error) {
      throw isDockError(stay.signal.reason) ? stay.signal.reason : error;
    } finally {
      stay.abort();
      await departure;
    }
  });
}

interface StayListener {
  readonly onLeft: (error: Error) => void;
  readonly onDocked: OnDocked;
  readonly onChange: () => void;
  readonly wasThere: boolean;
}

async function stayWith(
  work: BayWork,
  signal: AbortSignal,
  { onLeft, onDocked, onChange, wasThere }: StayListener,
): Promise<void> {
  const session = await work.place.open(signal);
  session.onLeft?.(onLeft);
  const light = new IndicatorLight(session, work.take.clock, work.take.log);
  try {
    const identity = await session.identity(signal);
    const { id, alias } = work.whoIs(identity);
    const arrival = { identity, wasThere, plug: await plugOf(work, signal) };
    const begin = (before?: Continued): DockingLife => {
      const begun = new DockingLife({ ...work, camera: id }, session, arrival, onChange, before);
      onDocked(begun, light, alias);
      return begun;
    };
    let life = begin();
    session.onNews?.(() => life.wake());
    const stopWatching = work.place.watch.changes(() => life.wake());
    try {
      for (;;) life = begin(await life.run(signal));
    } finally {
      await stopWatching();
    }
  } catch (error) {
    const isOurs = !isCameraRefusal(error); // a refused camera is not touched, not even by a light
    if (isOurs && !signal.aborted && !isDockError(error, 'driver.detached')) await light.last('call-someone');
    throw error;
  } finally {
    await session.close();
  }
}

/** Which plug it is, for counting alone: what cannot be told holds nothing up. */
async function plugOf({ place, boot, take }: BayWork, signal: AbortSignal): Promise<DockingStay['plug']> {
  try {
    const device = boot === null ? null : ((await place.plug?.(signal)) ?? null);
    return boot === null || device === null ? null : { boot, device };
  } catch (error) {
    signal.throwIfAborted();
    take.log.debug('plug not identified', { error });
    return null;
  }
}

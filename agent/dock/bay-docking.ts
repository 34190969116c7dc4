// Opens the camera of a bay and stays with it until it leaves: one docking after the other, one a day, or none where nobody can speak to what
// is there.
import { isDockError } from '../../protocol/format/errors.ts';
import { withEither } from '../../protocol/format/with-either.ts';
import type { BayPlace } from './bay-place.ts';
import { isCameraRefusal, type WhoIs } from './camera-register.ts';
import { DockingLife, type Continued, type DockingWork } from './docking-life.ts';
import type { DockingStay } from '../records/ended-docking.ts';
import { IndicatorLight } from './indicator-light.ts';
import { untilArrived, untilGone } from './place-watch.ts';

/** What a bay works with; the same for all its dockings. */
export interface BayWork extends Omit<DockingWork, 'camera'> {
  readonly place: BayPlace;
  readonly whoIs: WhoIs;
  /** The kernel's boot id; null where it is not told. */
  readonly boot: string | null;
}

/** The camera counts as found by a start that looked for so long: buses, mounts and cameras themselves take some seconds behind a boot. */
const FOUND_MS = 30_000;

/** Hears of a camera that said who it is, of the light that it may have, and of what people call it. */
export type OnDocked = (docking: DockingLife, light: IndicatorLight, alias: string) => void;

/**
 * Waits for a camera and stays with it until it leaves. `lookedForMs`: for how long the bay looks for cameras since its start.
 * Errors: "driver.detached" when it left, "driver.silent" where only an empty port is there, "driver.refused" where no driver speaks to
 * it, "camera.unknown" and "camera.other" where it is refused because of who it is, others of the session; the signal's reason.
 */
export async function performDocking(
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

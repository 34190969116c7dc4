// A bay's place whose stay with a camera counts as work under way: each call of the session that ends, each piece read, and each wait for the
// camera within them is a step. A silent or slow camera is no fault of ours: the drivers end such waits by their own deadlines, and say so.
import type { CameraSession, Piece } from '../../drivers/driver.ts';
import type { ProgressSource, Work } from '../../protocol/format/progress.ts';
import type { BayPlace, BaySession } from './bay-place.ts';

/**
 * A stay may be without a step this long: at rest a camera is listed every 30 s, no wait for one takes more than some minutes, and a wait for the
 * disk is watched by itself.
 */
export const BAY_STUCK_MS = 1_800_000;

/** The same place, watched. */
export function watchedPlace(place: BayPlace, source: ProgressSource): BayPlace {
  const open = async (signal: AbortSignal): Promise<BaySession> => {
    const work = source.begin();
    try {
      const session = await place.open(signal);
      session.onStep?.(() => work.moved());
      return watchedSession(session, work);
    } catch (error) {
      work.end();
      throw error;
    }
  };
  const plug = (signal: AbortSignal): Promise<string | null> => place.plug?.(signal) ?? Promise.resolve(null);
  return { watch: place.watch, open, plug };
}

/** Whatever a session offers passes through: what answers with a promise is a step at its begin and at its end. */
function watchedSession(session: CameraSession, work: Work): BaySession {
  const read: CameraSession['read'] = (...args) => stepwise(session.read(...args), work);
  const close: CameraSession['close'] = () => session.close().finally(() => work.end());
  const waits = (): void => work.moved();
  const own = new Map<string | symbol, unknown>(Object.entries({ read, close, waits }));
  return new Proxy(session, {
    get: (target, name) => {
      const value: unknown = own.get(name) ?? Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        work.moved();
        const result: unknown = Reflect.apply(value, target, args);
        return result instanceof Promise ? result.finally(() => work.moved()) : result;
      };
    },
  });
}

async function* stepwise(pieces: AsyncIterable<Piece>, work: Work): AsyncIterable<Piece> {
  for await (const piece of pieces) {
    work.moved();
    yield piece;
  }
}

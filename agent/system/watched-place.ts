// A bay's place whose stay with a camera counts as work under way: each call of the session that ends, and each piece read, is a step.
// A silent camera is no fault of ours: the drivers end such waits by their own deadlines, and that is a step as well.
import type { CameraSession, Piece } from '../../drivers/driver.ts';
import type { ProgressSource, Work } from '../../protocol/progress.ts';
import type { BayPlace } from '../bay/bay-place.ts';

/**
 * A stay may be without a step this long. At rest a camera is listed every 30 s; a listing of the largest inventory over a slow serial
 * line takes minutes, and a wait for the disk is watched by itself.
 */
export const BAY_STUCK_MS = 1_800_000;

/** The same place, watched. */
export function watchedPlace(place: BayPlace, source: ProgressSource): BayPlace {
  const open = async (signal: AbortSignal): Promise<CameraSession> => {
    const work = source.begin();
    try {
      return watchedSession(await place.open(signal), work);
    } catch (error) {
      work.end();
      throw error;
    }
  };
  return { watch: place.watch, open };
}

/** Whatever a session offers passes through: what answers with a promise is a step at its begin and at its end. */
function watchedSession(session: CameraSession, work: Work): CameraSession {
  const read: CameraSession['read'] = (...args) => stepwise(session.read(...args), work);
  const close: CameraSession['close'] = () => session.close().finally(() => work.end());
  const own = new Map<string | symbol, unknown>(Object.entries({ read, close }));
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

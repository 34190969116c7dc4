// A driver with a look at what it does, so that a test can pull its camera at a moment that it names.
import type { CameraSession, Driver, Piece } from '../../drivers/driver.ts';

/** What a driver does or has done; paths are as text. */
export type Moment =
  /** The camera is being opened: who it is, is asked. */
  | { readonly kind: 'opening' }
  /** It is being listed; `erased` files of this session went before. */
  | { readonly kind: 'listing'; readonly erased: number }
  /** A file will be read from its begin. */
  | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number }
  /** So many bytes of a file have come, the last of them not handed on yet. */
  | { readonly kind: 'bytes'; readonly path: string; readonly bytes: number }
  /** A file will be erased; the store holds bytes with this digest. */
  | { readonly kind: 'erasing'; readonly path: string; readonly sha256: Uint8Array }
  /** The camera says that it is, and nobody heard of it yet. */
  | { readonly kind: 'erased'; readonly path: string };

/** Called at each moment; what is on its way meanwhile goes on, and its end is held back until this resolves. `port` is that of the bay. */
export type OnMoment = (moment: Moment, port: string) => void | Promise<void>;

/** Shape: as the driver; its sessions have no light and no mode to change, and say that the camera left where the driver's do. */
export function watchedDriver(driver: Driver, onMoment: OnMoment): Driver {
  const open: Driver['open'] = async (place, signal) => {
    const tell = (moment: Moment): void | Promise<void> => onMoment(moment, place.path);
    const opening = driver.open(place, signal);
    opening.catch(() => undefined); // awaited below
    await tell({ kind: 'opening' });
    return watchedSession(await opening, tell);
  };
  return { ...driver, open };
}

function watchedSession(
  session: CameraSession,
  tell: (moment: Moment) => void | Promise<void>,
): CameraSession {
  let erased = 0;
  return {
    hasStationTimes: true, // files are written by the guest's own kernel
    identity: (signal) => session.identity(signal),
    readClock: (signal) => session.readClock(signal),
    setClock: (to, signal) => session.setClock(to, signal),
    condition: (signal) => session.condition(signal),
    inventory: async (signal) => {
      const listing = session.inventory(signal);
      listing.catch(() => undefined); // awaited below
      await tell({ kind: 'listing', erased });
      return listing;
    },
    read: async function* read(entry, offset, signal): AsyncGenerator<Piece> {
      const path = Buffer.from(entry.path).toString();
      if (offset === 0) await tell({ kind: 'file', path, sizeBytes: entry.sizeBytes });
      let bytes = offset;
      for await (const piece of session.read(entry, offset, signal)) {
        bytes += piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
        await tell({ kind: 'bytes', path, bytes });
        yield piece;
      }
    },
    erase: async (entry, signal, sha256) => {
      const path = Buffer.from(entry.path).toString();
      await tell({ kind: 'erasing', path, sha256 });
      const outcome = await session.erase(entry, signal, sha256);
      if (outcome === 'done') {
        erased++;
        await tell({ kind: 'erased', path });
      }
      return outcome;
    },
    close: () => session.close(),
    ...(session.onLeft === undefined ? {} : { onLeft: (handler) => session.onLeft?.(handler) }),
  };
}

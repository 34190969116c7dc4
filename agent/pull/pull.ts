// One pass from the camera into a sealing: reads the pieces, keeps the order, resumes where the camera hesitated, or left (unfinished-pulls.ts).
// It makes nothing durable and claims nothing: commit.ts does.
//
// Invariants:
// 1. A sealing takes each plaintext byte once and in order; a resume reads the last bytes again and compares them first.
// 2. It ends whole only after the driver has looked again and found the same entry; otherwise the sealing is given up.
import type { CameraSession, InventoryEntry, Piece } from '../../drivers/driver.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { Clock, Log } from '../../protocol/format/ports.ts';
import type { Digesting, Sealing } from '../seal/bulk.ts';

/** Reads of one entry that may stop without progress before it is given up in this round. */
const STALLS_MAX = 3;
const STALL_PAUSE_MS = 500;

/** Where the pieces go: a sealing, or a mere digest. */
type Sink = Pick<Sealing, 'write'>;

export interface PullContext {
  readonly session: CameraSession;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Called with the plaintext bytes taken so far. */
  readonly onProgress: (takenBytes: number) => void;
}

/**
 * Reads the whole entry into the sealing.
 * Errors: those of CameraSession.read; "pull.resumed-differently" where bytes read again are not those taken before;
 * those of Sealing.write. The caller aborts the sealing.
 */
export async function pullInto(sealing: Sealing, entry: InventoryEntry, context: PullContext): Promise<void> {
  for (let stalls = 0; ; stalls++) {
    const before = sealing.positionBytes;
    try {
      await resume(sealing, entry, context);
      return;
    } catch (error) {
      if (!isDockError(error, 'driver.timeout') || stalls >= STALLS_MAX) throw error;
      if (sealing.positionBytes > before) stalls = 0;
      context.log.warn('camera stopped answering while reading', {
        read_bytes: sealing.positionBytes,
        error,
      });
      await context.clock.sleep(STALL_PAUSE_MS, context.signal);
    }
  }
}

/** Reads the whole entry through a digest only: is it the content that we know? Errors: those of CameraSession.read. */
export async function digestEntry(
  digesting: Digesting,
  entry: InventoryEntry,
  context: PullContext,
): Promise<void> {
  await feed(digesting, entry, 0, context);
}

async function resume(sealing: Sealing, entry: InventoryEntry, context: PullContext): Promise<void> {
  const at = sealing.positionBytes;
  const from = sealing.resumeBytes;
  if (at > from) await readAgain(sealing, entry, from, at - from, context);
  await feed(sealing, entry, at, context);
}

async function readAgain(
  sealing: Sealing,
  entry: InventoryEntry,
  from: number,
  overlap: number,
  context: PullContext,
): Promise<void> {
  const again = new Uint8Array(overlap);
  let filled = 0;
  for await (const piece of context.session.read(entry, from, context.signal)) {
    const bytes =
      piece.kind === 'bytes' ? piece.bytes : new Uint8Array(Math.min(piece.sizeBytes, overlap - filled));
    const part = bytes.subarray(0, overlap - filled);
    again.set(part, filled);
    filled += part.length;
    if (filled === overlap) break;
  }
  const difference = await sealing.resumeDifference(again.subarray(0, filled));
  if (filled === overlap && difference === undefined) return;
  throw new DockError(
    'pull.resumed-differently',
    `${overlap} bytes before offset ${from + overlap} read differently the second time`,
    {
      retry: 'later',
      facts: {
        offset_bytes: from + overlap,
        size_bytes: overlap,
        again_bytes: filled,
        // Of all bytes before the offset.
        first_sha256: difference?.takenSha256 ?? null,
        again_sha256: difference?.againSha256 ?? null,
      },
    },
  );
}

async function feed(sink: Sink, entry: InventoryEntry, offset: number, context: PullContext): Promise<void> {
  let taken = offset;
  for await (const piece of context.session.read(entry, offset, context.signal)) {
    taken += sizeOf(piece);
    await sink.write(piece);
    context.onProgress(taken);
  }
  if (taken === entry.sizeBytes) return;
  throw new DockError(
    'driver.changed',
    `${taken} bytes came, ${entry.sizeBytes} were listed: the file changes`,
    {
      retry: 'later',
      facts: { read_bytes: taken, listed_bytes: entry.sizeBytes },
    },
  );
}

function sizeOf(piece: Piece): number {
  return piece.kind === 'bytes' ? piece.bytes.length : piece.sizeBytes;
}

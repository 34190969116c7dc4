// Opens a station on this machine. What takes long comes first: its threads start, and look at the spool, while all
// that it consists of is loaded (station-parts.ts).
import { availableParallelism } from 'node:os';
import { readSigningKey } from '../../config/enrolment/keys.ts';
import type { StationConfig } from '../../config/station-config.ts';
import type { SecretKey } from '../../protocol/documents/minisign.ts';
import type { ProgressSource } from '../../protocol/format/progress.ts';
import { AsyncDisposableStack } from '../platform/disposable-stack.ts';
import { nodeFiles } from '../platform/files-node.ts';
import { openWorkerSigner } from '../platform/signer-worker.ts';
import { DISK_STUCK_MS, watchedFiles } from '../platform/watched-calls.ts';
import { openBulkWorkers } from '../seal/bulk-workers.ts';
import { BulkAround } from '../seal/bulk.ts';
import { spoolLayout } from '../spool/layout.ts';
import { lockSpool } from '../spool/lock.ts';
import { ReadyLooks } from '../spool/ready-looks.ts';
import type { OpenedStation, OpenOptions, StationThreads } from './station-parts.ts';

/**
 * Opens lock, keys, workers, spool and log; nothing is connected or read from a camera before `station.start()`. Where it rejects, all of it
 * is given back.
 * Errors: "key.*", "spool.locked", "spool.*", "custody.*" as the parts throw them.
 */
export async function openStation(config: StationConfig, options: OpenOptions): Promise<OpenedStation> {
  const closing = new AsyncDisposableStack();
  try {
    const key = await readSigningKey(config.keys.signingFile);
    const lock = await lockSpool(config.spool.path);
    closing.defer(() => lock.release());
    const disk = options.progress.source('spool', DISK_STUCK_MS);
    const threads = startThreads({ key, bays: config.bays.length, disk }, closing);
    const files = watchedFiles(nodeFiles(), disk);
    const { ready } = spoolLayout(config.spool.path);
    const looks = threads.bulk.then((bulk) => ReadyLooks.take(files, bulk, ready)).catch(() => undefined); // what is wrong shows when the spool is opened
    const { openParts } = await import('./station-parts.ts');
    return await openParts(config, options, { key, files, threads, looks, closing });
  } catch (error) {
    await closing
      .disposeAsync()
      .catch((failure: unknown) => options.log.warn('not all resources closed', { error: failure }));
    throw error;
  }
}

/** `closing` closes both, opened or not. */
function startThreads(
  { key, bays, disk }: { readonly key: SecretKey; readonly bays: number; readonly disk: ProgressSource },
  closing: AsyncDisposableStack,
): StationThreads {
  const signer = openWorkerSigner(key);
  const cores = availableParallelism();
  const count = Math.max(1, Math.min(bays, cores));
  const bulk = openBulkWorkers({ count, cores }).then((opened) => new BulkAround(opened, disk.during));
  for (const opening of [signer, bulk]) {
    const opened = opening.catch(() => undefined); // heard of at once: whoever waits for it may come later, or not at all
    closing.defer(async () => (await opened)?.close());
  }
  return { signer, bulk };
}

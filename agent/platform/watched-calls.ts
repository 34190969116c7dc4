// Files whose calls count as work under way: the same files, and a call that is never settled shows as a source that is stuck.
import { FilesAround } from '../../protocol/format/files-around.ts';
import type { ProgressSource } from '../../protocol/format/progress.ts';
import type { Files } from '../../protocol/format/ports.ts';

/**
 * The writer's share of a process may stand this long within one call. A card that is busy with itself takes seconds, the kernel gives a
 * disk up after minutes; behind that only a fault of ours or a dead device is left.
 */
export const DISK_STUCK_MS = 300_000;

/** Files whose calls are work of the source, those of its open files too. */
export function watchedFiles(files: Files, source: ProgressSource): Files {
  return new FilesAround(files, source.during);
}

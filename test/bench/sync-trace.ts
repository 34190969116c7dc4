// What strace tells of syncs: how often which kind of file or folder was made durable. Pure, but for the words that start it.

/** In front of a command that becomes it: the tracer is a process of its own, so that the command keeps its process id. */
export function straceWords(strace: string, traceFile: string): string[] {
  return [strace, '-D', '-f', '-q', '-y', '--seccomp-bpf', '-e', `trace=${CALLS.join(',')}`, '-o', traceFile];
}

const CALLS = ['fsync', 'fdatasync', 'sync', 'syncfs', 'sync_file_range'];
/** "4711  fdatasync(23</spool/staging/x/payload.age>) = 0", or its beginning where another thread came between. */
const LINE = /^\d+ +(fsync|fdatasync|sync|syncfs|sync_file_range)\((?:\d+<(.*?)>)?/;

/** What is synced, for people. */
export type SyncKind = 'sealed file' | 'list of digests' | 'document' | 'custody log' | 'folder' | 'other';

/** Kind of the thing at a path, by the names that the SPEC gives. A folder's name is an id or a word; one of an attempt has its number in front. */
export function syncKind(path: string): SyncKind {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^(?:\d+\.)?[^.]*$/.test(name)) return 'folder';
  if (/payload\.age/.test(name)) return 'sealed file';
  if (/chunks\.bin/.test(name)) return 'list of digests';
  if (/\.jsonl/.test(name)) return 'custody log';
  return /\.(?:json|minisig)/.test(name) ? 'document' : 'other';
}

/** Syncs by kind. The end of a call that was interrupted in the trace is not counted a second time. */
export function countSyncs(trace: string): Map<SyncKind, number> {
  const counts = new Map<SyncKind, number>();
  for (const line of trace.split('\n')) {
    const match = LINE.exec(line);
    if (match === null) continue;
    const kind = syncKind(match[2] ?? 'the.whole-disk');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

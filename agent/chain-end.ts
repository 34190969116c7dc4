// What the next document of a camera's chain names, recording or docking record: for good, as it is signed. Pure but for asking.
//
// The end of the chain that is here is believed where its signature was verified. What a start could not read is in no chain, though it may be
// its end: the log is believed for that, and for which of several ends came last. It may be behind, and never overrules what is sure.
import type { LoggedEnd } from './custody/last-of-camera.ts';

/** A camera's chain as far as it is here. */
export interface ChainHere {
  /** What the next document would name by what is here alone. */
  readonly known: string | null;
  /** Whether the end that is here verified, or nothing of the camera is here. */
  readonly isWhole: boolean;
  /** What is a document by its name, and could not be read, of all cameras. */
  readonly unread: ReadonlySet<string>;
  /** Whether any document that was read names the one of that digest: then it is not the last one. */
  readonly isNamed: (sha256: string) => boolean;
  /** Whether it is here as the log names it. */
  readonly isHere: (logged: LoggedEnd) => boolean | Promise<boolean>;
}

/** Digest, or null. `ask`: what the log says came last of the camera; it is asked only where that matters. Errors: those of asking. */
export async function namedByNext(
  { known, isWhole, unread, isNamed, isHere }: ChainHere,
  ask: () => Promise<LoggedEnd | undefined>,
): Promise<string | null> {
  if (isWhole && unread.size === 0) return known;
  const logged = await ask();
  if (logged === undefined || isNamed(logged.sha256)) return known;
  if (isWhole && !unread.has(logged.recording) && !(await isHere(logged))) return known;
  return logged.isOfEarlierKey ? null : logged.sha256;
}

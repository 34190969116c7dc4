// What the next document of a camera's chain names, recording or docking record: for good, as it is signed. Pure.
//
// Only what verified has a say: it can be the end, and what it names is not. What a start could not read, or not verify, may be the end, too: the log
// is believed for that. It may be behind, and never overrules what verified.
import type { LoggedEnd } from '../custody/last-of-camera.ts';

/** The end of a camera's chain that is here: its signature verified. */
export interface EndHere {
  readonly sha256: string;
  /** What it names itself. */
  readonly previousSha256: string | null;
  /** Another key of the station signed it: a chain is of one key (SPEC 4.1). */
  readonly isOfEarlierKey: boolean;
}

/** A camera's chain as far as it is here. */
export interface ChainHere {
  /** Undefined where nothing of the camera is here that verified. */
  readonly end: EndHere | undefined;
  /** What is a document by its name, and could not be read or not verified, of all cameras. */
  readonly unread: ReadonlySet<string>;
  /** Whether any document that verified names the one of that digest: then it is not the last one. */
  readonly isNamed: (sha256: string) => boolean;
  /** Whether it is here as the log names it. */
  readonly isHere: (logged: LoggedEnd) => boolean;
}

/** What the next document would name by what is here alone. */
export function namedByEnd(end: EndHere | undefined): string | null {
  return end === undefined || end.isOfEarlierKey ? null : end.sha256;
}

/**
 * Digest, or null. `logged`: what the log says came last of the camera, asked before anything is taken from what is here: while it is asked,
 * documents verify.
 */
export function namedByNext(
  { end, unread, isNamed, isHere }: ChainHere,
  logged: LoggedEnd | undefined,
): string | null {
  const known = namedByEnd(end);
  if (logged === undefined || isBehind(logged, end) || isNamed(logged.sha256)) return known;
  if (!unread.has(logged.recording) && !isHere(logged)) return known;
  return logged.isOfEarlierKey ? null : logged.sha256;
}

/** The log names the end that is here, or what that end names: it tells nothing new. The entry of the former may be a late one, of an earlier run. */
function isBehind({ sha256 }: LoggedEnd, end: EndHere | undefined): boolean {
  return sha256 === end?.sha256 || sha256 === end?.previousSha256;
}

// How often the agent ended without a word while a file of a camera was taken, and what follows from it (SPEC 15). Pure.
//
// Invariants:
// 1. A file is set aside only behind BROKEN_OFF_MAX tries that broke off, the last of which was the only try of the station at that moment:
//    a file that was taken beside the guilty one is never set aside.
// 2. From ALONE_FROM on a file is taken alone, so the next end proves which one it is: no file ends the agent more than BROKEN_OFF_MAX times.
// 3. Counts never fall but by `taken`, `tryAgain`, another version of the agent, and TALLIED_MAX.
import type { BayId, CameraId } from '../../protocol/format/ids.ts';

/** Ends of the agent behind which a file is not tried any more. */
export const BROKEN_OFF_MAX = 3;
/** ... and from which on it is tried only while nothing else is. */
export const ALONE_FROM = 2;
/** Files that are remembered. Each cost an end of the agent, so only a station that ends all the time gets there. */
export const TALLIED_MAX = 256;

/** What names a file over starts: no handle and no time, which a camera may give anew. */
export interface TriedFile {
  readonly camera: CameraId;
  readonly pathSha256: string;
  readonly sizeBytes: number;
}

/** A try that nobody ended. */
export interface BrokenOff extends TriedFile {
  readonly bay: BayId;
}

/** A file with what is remembered of it: the bay and the time of the last try that broke off, and how many did. */
export interface Tallied extends BrokenOff {
  readonly brokenOff: number;
  /** When the start behind it found that out, RFC 3339. */
  readonly at: string;
}

/** Counts of one station and one version of its agent. */
export class Tally {
  readonly #files = new Map<string, Tallied>();

  constructor(files: Iterable<Tallied> = []) {
    for (const file of files) this.#files.set(keyOf(file), file);
  }

  /** All that is remembered, oldest first. */
  get files(): readonly Tallied[] {
    return [...this.#files.values()];
  }

  isSetAside(file: TriedFile): boolean {
    return this.#countOf(file) >= BROKEN_OFF_MAX;
  }

  /** True where it may be taken only while nothing else is. */
  isAlone(file: TriedFile): boolean {
    return this.#countOf(file) >= ALONE_FROM;
  }

  /** These tries were under way when the agent ended: all of that moment. Gives what is remembered of each. */
  ended(tries: readonly BrokenOff[], at: string): Tallied[] {
    const files = new Map(tries.map((each) => [keyOf(each), each]));
    const most = files.size === 1 ? BROKEN_OFF_MAX : ALONE_FROM;
    return [...files.values()].map(({ bay, camera, pathSha256, sizeBytes }) => {
      const file = { camera, pathSha256, sizeBytes };
      const before = this.#countOf(file);
      const counted = { ...file, bay, at, brokenOff: Math.max(before, Math.min(before + 1, most)) };
      this.#files.delete(keyOf(file));
      this.#makeRoom();
      this.#files.set(keyOf(file), counted);
      return counted;
    });
  }

  /** It is durable in the spool. True where it was remembered. */
  taken(file: TriedFile): boolean {
    return this.#files.delete(keyOf(file));
  }

  /** A person wants those that are set aside to be tried once more. Gives how many there are. */
  tryAgain(): number {
    const aside = this.files.filter((file) => this.isSetAside(file));
    for (const file of aside) this.#files.set(keyOf(file), { ...file, brokenOff: BROKEN_OFF_MAX - 1 });
    return aside.length;
  }

  #countOf(file: TriedFile): number {
    return this.#files.size === 0 ? 0 : (this.#files.get(keyOf(file))?.brokenOff ?? 0);
  }

  /** The oldest of those with the fewest ends gives way. */
  #makeRoom(): void {
    if (this.#files.size < TALLIED_MAX) return;
    const [first] = this.files.toSorted((a, b) => a.brokenOff - b.brokenOff);
    if (first !== undefined) this.#files.delete(keyOf(first));
  }
}

function keyOf({ camera, pathSha256, sizeBytes }: TriedFile): string {
  return `${camera} ${pathSha256} ${sizeBytes}`;
}

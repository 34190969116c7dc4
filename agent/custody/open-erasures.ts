// Erasures of which the log says that they were begun and not how they ended: a cut came, or the camera left before a listing told. The next whole
// listing of the camera tells (SPEC 8). Bounded; judges nothing.
import type { CustodyEntry, CustodyEvent, CustodyEventName } from '../../protocol/custody-entry.ts';

/** Files of a camera that are erased in one go, several times over; of more the first ones are not told. */
const OPEN_MAX = 100_000;

type Told = Pick<CustodyEntry, 'event' | 'facts'>;

/** An erasure without an end. */
interface Open {
  readonly camera: string;
  readonly pathSha256: string;
  readonly facts: CustodyEvent['facts'];
}

/** Which camera is in which bay, as one run of entries tells it. */
class Stays {
  readonly #bays = new Map<string, { readonly docking: unknown; readonly camera: string }>();

  docked({ bay, docking, camera }: Told['facts']): void {
    this.#bays.set(String(bay), { docking, camera: String(camera) });
  }

  cameraIn(docking: unknown): string | undefined {
    return [...this.#bays.values()].find((stay) => stay.docking === docking)?.camera;
  }
}

/** Hears what earlier runs entered and what this one does, in any mixture. */
export class OpenErasures {
  readonly #open = new Map<string, Open>();
  readonly #earlierStays = new Stays();
  readonly #stays = new Stays();
  /** Ended in this run while earlier ones were told: what they say of its begin is over. */
  readonly #ended = new Set<string>();

  static readonly EVENTS: readonly CustodyEventName[] = ['docked', 'erasing', 'erased', 'not-erased'];

  earlier(told: Told): void {
    this.#take(told, this.#earlierStays);
  }

  appended(told: Told, isReviewed: boolean): void {
    this.#take(told, this.#stays);
    if (isReviewed) this.#ended.clear();
    else if (isEnd(told.event) && this.#ended.size < OPEN_MAX)
      this.#ended.add(String(told.facts['recording']));
  }

  /** Of that camera, by the digests of their paths. */
  of(camera: string): Map<string, CustodyEvent['facts'][]> {
    const found = new Map<string, CustodyEvent['facts'][]>();
    for (const each of this.#open.values())
      if (each.camera === camera)
        found.set(each.pathSha256, [...(found.get(each.pathSha256) ?? []), each.facts]);
    return found;
  }

  #take({ event, facts }: Told, stays: Stays): void {
    if (event === 'docked') return stays.docked(facts);
    const recording = String(facts['recording']);
    if (isEnd(event)) this.#open.delete(recording);
    if (event !== 'erasing' || (stays === this.#earlierStays && this.#ended.has(recording))) return;
    const camera = stays.cameraIn(facts['docking']);
    if (camera === undefined || this.#open.size >= OPEN_MAX) return;
    this.#open.set(recording, { camera, pathSha256: String(facts['path_sha256']), facts });
  }
}

function isEnd(event: CustodyEventName): boolean {
  return event === 'erased' || event === 'not-erased';
}

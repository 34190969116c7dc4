// Tells when one camera seems to be in two bays at a time: the same id, or the same serial number. Both are served, each docking by
// itself; a person must find out which of them is which.
import type { BayId, CameraId } from '../../protocol/format/ids.ts';
import type { Conditions } from '../../protocol/format/ports.ts';

/** A camera in a bay. */
interface Guest {
  readonly bay: BayId;
  readonly camera: CameraId;
  readonly serial: string | null;
}

const CONDITION = 'camera.twice';

/** Who is where, over all bays of a station. */
export class CameraTwins {
  readonly #conditions: Pick<Conditions, 'raise' | 'clear'>;
  readonly #guests = new Set<Guest>();

  constructor(conditions: Pick<Conditions, 'raise' | 'clear'>) {
    this.#conditions = conditions;
  }

  /** A camera came into a bay. The returned function says that it left; it may be called any number of times. */
  arrived(bay: BayId, camera: CameraId, serial: string | null): () => void {
    const guest = { bay, camera, serial };
    this.#guests.add(guest);
    this.#look();
    return () => {
      if (!this.#guests.delete(guest)) return;
      this.#conditions.clear(CONDITION, bay);
      this.#look();
    };
  }

  /** Whether another bay has a camera of that id, too. */
  hasTwin(bay: BayId, camera: CameraId): boolean {
    return [...this.#guests].some((other) => other.bay !== bay && other.camera === camera);
  }

  /** Raised for each bay that is concerned, and says which ones are: never a serial number. */
  #look(): void {
    for (const guest of this.#guests) {
      const twins = [...this.#guests].filter((other) => other === guest || areTwins(guest, other));
      if (twins.length < 2) this.#conditions.clear(CONDITION, guest.bay);
      else this.#conditions.raise(CONDITION, guest.bay, { bays: bayNames(twins), same: sameOf(twins) });
    }
  }
}

function areTwins(one: Guest, other: Guest): boolean {
  return one.camera === other.camera || (one.serial !== null && one.serial === other.serial);
}

function bayNames(guests: readonly Guest[]): string {
  return guests
    .map(({ bay }) => bay)
    .sort()
    .join(' ');
}

function sameOf(guests: readonly Guest[]): string {
  return new Set(guests.map(({ camera }) => camera)).size === 1 ? 'camera' : 'serial number';
}

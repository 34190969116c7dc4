// Cameras and the bays that they are put into, outside of every process: a camera keeps its files whatever happens to station and store.
import type { Driver } from '../../drivers/driver.ts';
import { SimulatedClock } from '../../drivers/simulated/clock.ts';
import { simulatedDriver } from '../fakes/simulated-driver.ts';
import { MemoryCamera } from '../fakes/memory-camera.ts';
import { interceptAsync } from '../fakes/intercept-async.ts';
import { misbehave, type Misdeeds } from '../fakes/misbehaving-camera.ts';
import type { SeededRandom } from '../fakes/random-seeded.ts';
import type { Recording } from './recordings.ts';
import { BEGIN_MS, type LiveProcess } from './machine.ts';
import type { Timeline } from './timeline.ts';

/** Serial number of the camera: what the station knows it by. */
export function serialOf(camera: string): string {
  return `serial-of-${camera}`;
}

/** Hears of a file that is taken off a camera, before it is gone. */
export type OnErased = (recording: Recording) => void;

/** A camera with what was recorded on it. */
export class WornCamera extends MemoryCamera {
  readonly name: string;
  readonly misdeeds: Misdeeds = {};
  readonly #onErased: OnErased;
  readonly #recordings = new Map<string, Recording>();
  readonly #waiting: (() => void)[] = [];

  constructor(name: string, onErased: OnErased) {
    super({ vendor: 'Simulated', model: 'Worn', serial: serialOf(name), firmware: '1.0' });
    this.name = name;
    this.#onErased = onErased;
    this.detach();
  }

  record(recording: Recording, modifiedAt: string): void {
    this.#recordings.set(recording.path, recording);
    this.put(recording.path, recording.content, { modifiedAt });
  }

  /** Recordings that are whole on it. */
  holds(recording: Recording | undefined): boolean {
    return recording !== undefined && this.#recordings.get(recording.path) === recording;
  }

  get recordings(): readonly Recording[] {
    return [...this.#recordings.values()];
  }

  /** Resolves once nothing is left on it. */
  async emptied(): Promise<void> {
    if (this.#recordings.size > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  override remove(path: string | Uint8Array): void {
    const name = Buffer.from(path).toString();
    const recording = this.#recordings.get(name);
    if (recording !== undefined) this.#onErased(recording);
    this.#recordings.delete(name);
    super.remove(path);
    if (this.#recordings.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The bays of one station. */
export class Dock {
  readonly bays: readonly string[];
  readonly cameras: readonly WornCamera[];
  readonly #places = new Map<string, WornCamera>();

  constructor(options: {
    readonly bays: number;
    readonly cameras: number;
    readonly timeline: Timeline;
    readonly random: SeededRandom;
    readonly onErased: OnErased;
  }) {
    this.bays = Array.from({ length: options.bays }, (_, at) => `/dev/bay-${at + 1}`);
    this.cameras = Array.from({ length: options.cameras }, (_, at) => {
      const camera = new WornCamera(`cam-${at + 1}`, options.onErased);
      const shownMs = BEGIN_MS + options.random.below(7_200_000) - 3_600_000;
      camera.clock = new SimulatedClock(() => options.timeline.nowMs, { shownMs });
      return camera;
    });
  }

  /** The camera in a bay. */
  in(bay: string): WornCamera | undefined {
    return this.#places.get(bay);
  }

  plug(bay: string, camera: WornCamera): void {
    if (this.#places.has(bay)) throw new Error(`${bay} is taken`);
    camera.attach();
    this.#places.set(bay, camera);
  }

  /** Takes out what is in a bay. */
  unplug(bay: string): void {
    this.#places.get(bay)?.detach();
    this.#places.delete(bay);
  }

  /** What a station sees at a place: another text for each stay. */
  async identity(place: string): Promise<string | undefined> {
    const camera = this.#places.get(place);
    return camera === undefined ? undefined : `${camera.name} ${camera.docking}`;
  }

  /** The driver of one process of the station: every answer takes its time, a piece of a file some tens of ms. */
  driver({ clock, slowly }: Pick<LiveProcess, 'clock' | 'slowly'>): Driver {
    const honest = simulatedDriver(this.#places);
    return {
      name: honest.name,
      probe: (place, signal) => slowly(20)(honest.probe(place, signal)),
      open: async (place, signal) => {
        const session = await slowly(100)(honest.open(place, signal));
        const camera = this.#places.get(place.path);
        if (camera === undefined) return session;
        return interceptAsync(misbehave(session, paced(camera.misdeeds), clock), slowly(30));
      },
    };
  }
}

const PIECE_MS = 25;

/** The switches of a camera as they are at each moment; its pieces always take some time. */
function paced(misdeeds: Misdeeds): Misdeeds {
  return new Proxy(misdeeds, {
    get: (target, name): unknown => Reflect.get(target, name) ?? (name === 'pieceMs' ? PIECE_MS : undefined),
  });
}

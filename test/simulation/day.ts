// A day at a station, in some minutes: cameras are worn, filled, put into bays, and taken out again when the light says so, or earlier.
import { SeededRandom } from '../fakes/random-seeded.ts';
import type { WornCamera } from './dock.ts';
import { BEGIN_MS } from './machine.ts';
import { generationOf, NEWEST, type Generation } from './generations.ts';
import { contentOf, digestOf, drawSizeBytes, VARIANTS, type Recording } from './recordings.ts';
import type { World } from './world.ts';

const DOCKINGS = 4;
const RECORDINGS = 3;
/** How long a camera stays in its bay at most, and at least where nobody is impatient. */
const STAY_MS = 120_000;
const STAY_MS_MIN = 30_000;
const SECOND_MS = 1000;
/** Of the dockings with a recording one in so many begins while its camera is still at it, in so many pieces at most, with pauses of less than 3 s. */
const RECORDER_ONE_IN = 3;
/** On a full day so many of all dockings, and that recording is one more. */
const FULL_RECORDER_ONE_IN = 4;
const PIECES_MAX = 8;
const PAUSE_MS_MIN = 300;
const PAUSE_MS_MAX = 2900;
const PIECE_BYTES = 90_000;

export class Days {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #recorders: SeededRandom;
  readonly #isFull: boolean;
  readonly #longOneIn: number;
  #recordings = 0;
  #dockings = 0;

  constructor(
    world: World,
    { isFull, longOneIn }: Omit<Generation, 'days' | 'kinds'> = generationOf(NEWEST),
  ) {
    this.#isFull = isFull;
    this.#longOneIn = longOneIn;
    this.#world = world;
    this.#random = new SeededRandom(world.random.uint32());
    this.#recorders = world.recorders;
  }

  /** Dockings so far. */
  get dockings(): number {
    return this.#dockings;
  }

  /** Four dockings in two bays, three recordings among them. */
  async day(): Promise<void> {
    const random = this.#random;
    const filled = Array.from({ length: RECORDINGS }, () => random.below(DOCKINGS));
    const counts = Array.from({ length: DOCKINGS }, (_, at) => filled.filter((each) => each === at).length);
    await Promise.all(
      this.#world.dock.bays.map(async (bay, at) => {
        for (let docking = at; docking < DOCKINGS; docking += this.#world.dock.bays.length)
          await this.#docking(bay, counts[docking] ?? 0);
      }),
    );
  }

  /** Every camera stays in a bay until nothing is left on it, but not beyond that moment, one after the other. */
  async lastDockings(untilMs: number): Promise<void> {
    const { dock, timeline, conditions } = this.#world;
    const [bay = '', ...others] = dock.bays;
    for (const camera of dock.cameras) {
      this.#dockings++;
      dock.plug(bay, camera);
      await Promise.race([camera.emptied(), timeline.sleep(untilMs - timeline.nowMs)]);
      await timeline.sleep(SECOND_MS);
      dock.unplug(bay);
      await timeline.sleep(5 * SECOND_MS);
    }
    // That a bay failed stands until a camera has said there who it is.
    const [camera] = dock.cameras;
    for (const other of others) {
      if (camera === undefined || !conditions.has('camera.failed')) return;
      this.#dockings++;
      dock.plug(other, camera);
      await timeline.sleep(10 * SECOND_MS);
      dock.unplug(other);
      await timeline.sleep(5 * SECOND_MS);
    }
  }

  async #docking(bay: string, count: number): Promise<void> {
    const { dock, timeline } = this.#world;
    const random = this.#random;
    const camera = random.pick(dock.cameras.filter(({ isAttached }) => !isAttached));
    camera.attach(); // nobody else takes it
    const isRecording = !this.#isFull && count > 0 && this.#recorders.below(RECORDER_ONE_IN) === 0;
    for (let left = isRecording ? count - 1 : count; left > 0; left--) this.#record(camera);
    await timeline.sleep((5 + random.below(30)) * SECOND_MS);
    this.#world.note(`${camera.name} into ${bay}`);
    const isStill = isRecording || (this.#isFull && this.#recorders.below(FULL_RECORDER_ONE_IN) === 0);
    const recording = isStill ? this.#recordOn(camera) : undefined;
    this.#dockings++;
    dock.plug(bay, camera);
    const isImpatient = random.below(5) === 0;
    await timeline.sleep(isImpatient ? random.below(STAY_MS_MIN) : STAY_MS_MIN + random.below(STAY_MS));
    this.#world.note(`${camera.name} out of ${bay}`);
    dock.unplug(bay);
    await recording;
  }

  /**
   * Writes a piece more now and then, until the recording ends or its camera is taken out. Only the last state counts as recorded: the judges
   * know none of the others, and one of them in the vault is one too many.
   */
  async #recordOn(camera: WornCamera): Promise<void> {
    const random = this.#recorders;
    const variant = random.below(VARIANTS);
    const path = `DCIM/100REC/REC${String(++this.#recordings).padStart(4, '0')}.MP4`;
    const stay = camera.docking;
    const isIn = (): boolean => camera.docking === stay;
    const pieces = 2 + random.below(PIECES_MAX - 1);
    for (let piece = 1; ; piece++) {
      const recording = recordingOf(camera, path, variant, piece * PIECE_BYTES);
      camera.record(recording, shownAt(camera));
      const isLast = piece === pieces;
      if (!isLast) await this.#world.timeline.sleep(PAUSE_MS_MIN + random.below(PAUSE_MS_MAX - PAUSE_MS_MIN));
      if (!isLast && isIn()) continue;
      this.#world.recordings.push(recording);
      this.#world.note(`${camera.name} ends ${path} at ${recording.sizeBytes} bytes`);
      return;
    }
  }

  /** Now and then a camera numbers from the beginning again, over a file of the same length that it has. */
  #record(camera: WornCamera): void {
    const random = this.#random;
    const number = String(++this.#recordings).padStart(4, '0');
    const over = random.below(4) === 0 ? camera.recordings[0] : undefined;
    if (over !== undefined) this.#world.overwritten.add(over);
    const path = over?.path ?? `DCIM/100REC/REC${number}.MP4`;
    const sizeBytes = over?.sizeBytes ?? drawSizeBytes(random, this.#longOneIn);
    const variants = Array.from({ length: VARIANTS }, (_, at) => at);
    const others =
      over === undefined ? variants : variants.filter((each) => digestOf(each, sizeBytes) !== over.sha256);
    const recording = recordingOf(camera, path, random.pick(others), sizeBytes);
    const at = Math.floor((BEGIN_MS + this.#world.timeline.nowMs) / 2000) * 2000;
    camera.record(recording, new Date(at).toISOString());
    this.#world.recordings.push(recording);
    this.#world.note(`${camera.name} records ${recording.path} of ${sizeBytes} bytes`);
  }
}

function recordingOf(camera: WornCamera, path: string, variant: number, sizeBytes: number): Recording {
  const content = contentOf(variant, sizeBytes);
  return { camera: camera.name, path, content, sizeBytes, sha256: digestOf(variant, sizeBytes) };
}

/** What the camera's clock shows, in the steps of FAT. */
function shownAt({ clock }: WornCamera): string {
  const shownMs = clock?.read().claimedMs ?? BEGIN_MS;
  return new Date(Math.floor(shownMs / 2000) * 2000).toISOString();
}

// One round of the soak: cameras are filled, taken out and put back while one trouble after the other comes and goes; then all of it must be
// delivered and erased by itself.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '../../fakes/random-seeded.ts';
import { pause } from '../../fakes/until.ts';
import { drawTrouble, TROUBLES, type TroubleSpots } from './troubles.ts';

/** How long files and troubles come. */
const MISCHIEF_MS = 10_000;
const PAUSE_MS_MAX = 500;
const TROUBLE_MS_MAX = 4000;
/** After the last trouble: waits of a minute that began during it, and the work itself. */
const SETTLE_MS = 180_000;
const SMALL_BYTES = 200_000;
const LARGE_BYTES = 6_000_000;

/** Cameras of one dock over all rounds. */
export class Rounds {
  readonly #spots: TroubleSpots;
  readonly #random: SeededRandom;
  readonly #away = new Set<number>();
  /** How often each trouble came. */
  readonly troubles = new Map<string, number>();
  #recordings = 0;
  #moves = 0;

  constructor(spots: TroubleSpots, random: SeededRandom) {
    this.#spots = spots;
    this.#random = random;
  }

  get recordings(): number {
    return this.#recordings;
  }
  get moves(): number {
    return this.#moves;
  }

  /** Errors: what was not delivered in time. */
  async round(): Promise<void> {
    const endMs = performance.now() + MISCHIEF_MS;
    await Promise.all([this.#fillUntil(endMs), this.#troubleUntil(endMs)]);
    const { rig } = this.#spots;
    for (const number of this.#away) await this.#move(number);
    for (let number = 1; number <= rig.cameraCount; number++) {
      await rig.untilEmptied(number, SETTLE_MS);
      await rig.untilBay(number, 'at rest', SETTLE_MS, ({ state }) => state === 'done');
    }
  }

  async #fillUntil(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      await this.#put();
      if (this.#random.below(6) === 0) await this.#move(this.#camera());
      await pause(this.#random.below(PAUSE_MS_MAX));
    }
  }

  async #troubleUntil(endMs: number): Promise<void> {
    while (performance.now() < endMs) {
      await pause(this.#random.below(2 * PAUSE_MS_MAX));
      const name = drawTrouble(this.#random, this.#spots);
      this.troubles.set(name, (this.troubles.get(name) ?? 0) + 1);
      await TROUBLES[name]?.(this.#spots, 1000 + this.#random.below(TROUBLE_MS_MAX));
    }
  }

  async #put(): Promise<void> {
    const { rig } = this.#spots;
    const number = this.#camera();
    const sizeBytes = this.#random.below(10) === 0 ? LARGE_BYTES : this.#random.below(SMALL_BYTES);
    const name = `KOD_${String(++this.#recordings).padStart(6, '0')}.MP4`;
    const making = join(rig.folder, 'making');
    await rig.put(number, name, Buffer.alloc(sizeBytes, this.#random.bytes(997)), making);
    const where = this.#away.has(number) ? rig.drawer(number) : rig.camera(number);
    await rename(join(making, name), join(where, name)); // whole at once: what grows is not what is tried here
  }

  async #move(number: number): Promise<void> {
    const { rig } = this.#spots;
    this.#moves++;
    if (this.#away.delete(number)) await rig.putBack(number);
    else {
      this.#away.add(number);
      await rig.takeOut(number);
    }
  }

  #camera(): number {
    return this.#random.below(this.#spots.rig.cameraCount) + 1;
  }
}

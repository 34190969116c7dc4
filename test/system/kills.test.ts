// kill -9 of agent, receiver or broker at any moment, again and again, while cameras are filled, taken out and put back. In the end
// everything is delivered once and nothing is lost, says the independent checker.
import { afterEach, describe, expect, test } from 'vitest';
import { DockRig } from '../fakes/dock-rig.ts';
import { Mosquitto } from '../fakes/mosquitto.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import { lacksTools } from '../fakes/stock-tools.ts';
import { pause } from '../fakes/until.ts';

/** Kills of one run; BODYDOCK_KILLS names another number. */
const ROUNDS = Number(process.env['BODYDOCK_KILLS'] ?? (process.env['CI'] === undefined ? 15 : 35));
const SEED = Number(process.env['BODYDOCK_SEED'] ?? Date.now() % 1_000_000);
const CAMERAS = 2;
/** Between two kills: long enough that something goes on, short enough that little is finished. */
const CALM_MS_MAX = 900;
/** Reconnecting after many losses waits a minute at most, offers too. */
const SETTLE_MS = 120_000;
/** A round fills cameras and waits for a start on a busy machine. */
const ROUND_MS = 5000;
const TIMEOUT_MS = ROUNDS * ROUND_MS + (CAMERAS + 1) * SETTLE_MS;

/** Brings files, kills and removals, all drawn from one seed. */
class Mischief {
  readonly #rig: DockRig;
  readonly #random: SeededRandom;
  readonly kills = { agent: 0, receiver: 0, broker: 0 };
  /** From the start of agent or receiver to ready, as often as it was waited for. */
  readonly startsMs: number[] = [];
  #files = 0;
  #away = new Set<number>();

  constructor(rig: DockRig, seed: number) {
    this.#rig = rig;
    this.#random = new SeededRandom(seed);
  }

  get files(): number {
    return this.#files;
  }

  async round(): Promise<void> {
    await this.#fill();
    if (this.#random.below(4) === 0) await this.#move();
    await pause(this.#random.below(CALM_MS_MAX));
    await this.#kill(this.#random.pick(['agent', 'receiver', 'broker'] as const));
  }

  async putAllBack(): Promise<void> {
    for (const number of this.#away) await this.#rig.putBack(number);
    this.#away.clear();
  }

  /** One to three new files: mostly small, some of many units. */
  async #fill(): Promise<void> {
    for (let count = this.#random.below(3) + 1; count > 0; count--) {
      const number = this.#random.below(CAMERAS) + 1;
      const sizeBytes =
        this.#random.below(5) === 0 ? 4_000_000 + this.#random.below(4_000_000) : this.#random.below(400_000);
      const where = this.#away.has(number) ? this.#rig.drawer(number) : this.#rig.camera(number);
      const bytes = Buffer.alloc(sizeBytes, this.#random.bytes(997));
      await this.#rig.put(number, `DCIM/KOD_${String(++this.#files).padStart(4, '0')}.MP4`, bytes, where);
    }
  }

  async #move(): Promise<void> {
    const number = this.#random.below(CAMERAS) + 1;
    if (this.#away.delete(number)) await this.#rig.putBack(number);
    else {
      this.#away.add(number);
      await this.#rig.takeOut(number);
    }
  }

  /** Killed while it starts counts as well: the start is waited for only half of the time. */
  async #kill(part: 'agent' | 'receiver' | 'broker'): Promise<void> {
    this.kills[part]++;
    const program = this.#rig[part];
    await program.kill();
    await pause(this.#random.below(150));
    const startedMs = performance.now();
    if (part === 'broker' || this.#random.below(2) === 0) {
      await program.start();
      if (part !== 'broker') this.startsMs.push(performance.now() - startedMs);
    } else if (part === 'agent') this.#rig.agent.launch();
    else this.#rig.receiver.launch();
  }
}

describe.skipIf(lacksTools('mosquitto', 'age', 'minisign'))(`${ROUNDS} kills`, () => {
  let rig: DockRig | undefined;
  let broker: Mosquitto | undefined;
  afterEach(async () => {
    await rig?.close();
    await broker?.stop();
  });

  test(
    `of agent, receiver and broker lose and double nothing (BODYDOCK_SEED=${SEED})`,
    { timeout: TIMEOUT_MS },
    async () => {
      broker = await Mosquitto.open();
      rig = await DockRig.open({ cameras: CAMERAS, broker });
      await rig.start();
      const mischief = new Mischief(rig, SEED);
      for (let round = 0; round < ROUNDS; round++) await mischief.round();
      await mischief.putAllBack();
      for (let number = 1; number <= CAMERAS; number++) await rig.untilEmptied(number, SETTLE_MS);
      await rig.stop();
      const { startsMs } = mischief;
      const longest =
        startsMs.length === 0 ? '' : `, ready in ${Math.round(Math.max(...startsMs))} ms at most`;
      console.log(`starts behind a kill that were waited for: ${startsMs.length}${longest}`);
      const report = rig.check();
      expect(report).toMatchObject({
        problems: [],
        recordings: mischief.files,
        onCameras: 0,
        onlyInSpool: 0,
      });
      // A start that was killed early opened no segment; each one that ended left exactly one.
      expect(report.segments).toBeGreaterThan(1);
      expect(report.segments).toBeLessThanOrEqual(mischief.kills.agent + 1);
      for (const program of [rig.agent, rig.receiver])
        expect(program.log()).not.toMatch(/internal error, exiting|Cannot parse/);
    },
  );
});

// The dock of a life. A life is a story of recordings over whole programs, as they are shipped: on its first day two cameras, of which one is
// empty, lie in their bays; they are emptied and taken out (progress.ts), recordings and docking records are delivered, receipted and may be
// reclaimed, and what is there in the end is judged (verdict.ts). The suites tell the same story and differ in the fault that they bring into
// it: they start the programs, say when a life ends early, and may lay a folder of one program on a disk of its own.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RigWish } from '../../fakes/dock-rig-config.ts';
import { DockRig } from '../../fakes/dock-rig.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import type { StationView } from '../../fakes/station-view.ts';
import { SIDES, type Side } from '../sides.ts';
import { CAMERAS, fillCameras } from './cameras.ts';
import { FirstDay } from './first-day.ts';

type Environments = Readonly<Record<Side, Record<string, string>>>;

/** What a suite may wish for: folders on disks of its own, which it puts back itself. */
export type LifeWish = Pick<RigWish, 'spoolFolder' | 'vaultFolder'>;

/** Rig, broker and first day; any number of lives, one after the other. */
export class LifeDock {
  readonly rig: DockRig;
  readonly view: StationView;
  readonly #broker: Mosquitto;
  readonly #firstDay: FirstDay;
  /** Read by the rig at each start of a program. */
  readonly #environments: Environments;

  private constructor(parts: {
    rig: DockRig;
    view: StationView;
    broker: Mosquitto;
    firstDay: FirstDay;
    environments: Environments;
  }) {
    this.rig = parts.rig;
    this.view = parts.view;
    this.#broker = parts.broker;
    this.#firstDay = parts.firstDay;
    this.#environments = parts.environments;
  }

  static async open(wish: LifeWish = {}): Promise<LifeDock> {
    const environments: Environments = { agent: {}, receiver: {} };
    const broker = await Mosquitto.open();
    const rig = await DockRig.open({
      cameras: CAMERAS.length,
      broker,
      keepHours: 0,
      agentEnvironment: environments.agent,
      receiverEnvironment: environments.receiver,
      ...wish,
    });
    await fillCameras(rig);
    const firstDay = await FirstDay.keep(
      [
        ...(wish.spoolFolder === undefined ? [rig.spool] : []),
        ...(wish.vaultFolder === undefined ? [rig.vault] : []),
        ...CAMERAS.flatMap((number) => [rig.camera(number), rig.drawer(number)]),
      ],
      join(rig.folder, 'first-day'),
    );
    const view = await rig.view();
    return new LifeDock({ rig, view, broker, firstDay, environments });
  }

  async close(): Promise<void> {
    await this.rig.close();
    await this.#broker.stop();
  }

  get brokerUrl(): string {
    return this.#broker.url;
  }

  /** Of a program that is started from now on, beside the test's own; instead of what was given before. */
  giveEnvironment(side: Side, environment: Readonly<Record<string, string>>): void {
    const given = this.#environments[side];
    for (const key of Object.keys(given)) delete given[key];
    Object.assign(given, environment);
  }

  /** No program runs any more. */
  async kill(): Promise<void> {
    await Promise.all(SIDES.map((side) => this.rig[side].kill(false)));
  }

  /** The first day again: folders as they were prepared, both cameras in their bays, logs empty, no program running. */
  async begin(): Promise<void> {
    await this.kill();
    await this.#firstDay.putBack();
    for (const side of SIDES) {
      this.giveEnvironment(side, {});
      await writeFile(this.rig[side].logFile, '');
    }
    this.view.bays.clear();
    this.view.told.clear();
  }

  /** What monitoring sees and the ends of the logs, for the message of what did not come. */
  tell(): string {
    const { bays, conditions } = this.view;
    return `${JSON.stringify([...bays])} ${[...conditions.keys()].join(' ')}\n${this.rig.tails()}`;
  }
}

// One simulated world: a station with its dock, a store, the network between them, and the judge who watches. Everything in it goes by one
// seed. What happens in it, a day decides (day.ts) and its troubles (troubles.ts).
import type { ComposedStation } from '../../agent/station/compose-station.ts';
import { publicKeyOf, type SecretKey } from '../../protocol/documents/minisign.ts';
import type { OpenReceiver } from '../../agent/receiver/open-receiver.ts';
import type { FolderNode } from '../fakes/crash-nodes.ts';
import { judgeKeyOf, type JudgeKey } from '../fakes/minisign-judge.ts';
import { SeededRandom } from '../fakes/random-seeded.ts';
import type { Survives } from './disk.ts';
import { Dock } from './dock.ts';
import { EvilBroker } from './evil-broker.ts';
import { Judge } from './judge.ts';
import { Machine } from './machine.ts';
import { MARKS, type Recording } from './recordings.ts';
import { SIMULATED_SITE, SPOOL, startStation, startStore, VAULT, type Site } from './sides.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { Wire } from './wire.ts';

/** A service manager starts a program again after so long, a machine needs it to start. */
const RESTART_MS = 3000;
const BOOT_MS = 15_000;

/** What the world looks at of a bay document. */
interface BayShown {
  readonly light: string;
  readonly camera: string | null;
}

/** Both judges look at the same signatures again and again. */
interface KnownKey extends JudgeKey {
  known: Map<string, string | undefined>;
}

export class World {
  readonly random: SeededRandom;
  /** Of cameras that are still recording: a stream of its own, so that they change nothing else that a seed draws. */
  readonly recorders: SeededRandom;
  readonly trace = new Trace();
  readonly timeline: Timeline;
  readonly station: Machine;
  readonly store: Machine;
  readonly wire: Wire;
  readonly dock: Dock;
  readonly judge: Judge;
  readonly site: Site;
  /** By which the judges know what station and store sign. */
  readonly keys: { readonly stationKey: KnownKey; readonly storeKey: KnownKey };
  /** All that was ever recorded. */
  readonly recordings: Recording[] = [];
  /** Those that their cameras overwrote: they may be in the vault, and need not. */
  readonly overwritten = new Set<Recording>();
  /** Conditions that the station shows now, by code: their documents. */
  readonly conditions = new Map<string, string>();
  #agent: ComposedStation | undefined;
  #receiver: OpenReceiver | undefined;

  /** `evil`: the broker between station and store; with 'receipts' it does nothing but give old ones. */
  constructor(seed: number, evil: boolean | 'receipts' = false, site: Site = SIMULATED_SITE) {
    this.site = site;
    this.keys = { stationKey: knownKey(site.stationKey), storeKey: knownKey(site.storeKey) };
    this.random = new SeededRandom(seed);
    this.recorders = new SeededRandom((seed ^ 0x5eed) >>> 0);
    const own = (): SeededRandom => new SeededRandom(this.random.uint32());
    this.timeline = new Timeline(own());
    this.station = new Machine('station', this.timeline, this.trace, own());
    this.store = new Machine('store', this.timeline, this.trace, own());
    this.station.disk.files.plantFolder(SPOOL);
    this.store.disk.files.plantFolder(VAULT);
    this.wire = new Wire(this.timeline, this.trace, own());
    this.dock = new Dock({
      bays: 2,
      cameras: 3,
      timeline: this.timeline,
      random: own(),
      onErased: (recording) => {
        this.note(`erased ${recording.camera} ${recording.path}`);
        this.judge.erasing(recording);
      },
    });
    this.judge = new Judge({
      spoolTree: () => this.station.disk.durable,
      vaultTree: () => this.store.disk.durable,
      spoolFolder: `${SPOOL}/ready`,
      vaultFolder: `${VAULT}/${site.station}`,
      asideFolder: `${VAULT}/.quarantine`,
      custodyFolder: `${SPOOL}/custody`,
      storeLogFolder: `${VAULT}/${site.receiver}/custody`,
      ...this.keys,
      isOnCamera: (recording) => this.dock.cameras.some((camera) => camera.holds(recording)),
    });
    if (evil !== false)
      this.wire.evil = new EvilBroker({
        hub: this.wire.hub,
        timeline: this.timeline,
        random: own(),
        note: (what) => this.note(what),
        secrets: MARKS,
        onlyReceipts: evil === 'receipts',
      });
    this.wire.hub.sent = (_, { topic, payload }) => {
      this.#hearLight(topic, payload);
      this.#hearCondition(topic, payload);
    };
  }

  /** The running agent, once it is ready. */
  get agent(): ComposedStation | undefined {
    return this.#agent;
  }

  /** Whether both programs are ready. */
  get isUp(): boolean {
    return this.#agent !== undefined && this.#receiver !== undefined;
  }

  note(what: string): void {
    this.trace.add(`${this.timeline.nowMs.toFixed(3)} ${what}`);
  }

  /** Unless it runs. */
  bootStation(): void {
    if (this.station.isAlive) return;
    const live = this.station.start();
    this.note('station starts');
    startStation(live, this.wire, this.dock, this.site).then(
      (agent) => {
        this.#agent = agent;
      },
      (error: unknown) => {
        this.note(`station did not start: ${String(error)}`);
        this.killStation();
      },
    );
  }

  /** Unless it runs. */
  bootStore(): void {
    if (this.store.isAlive) return;
    const live = this.store.start();
    this.note('store starts');
    startStore(live, this.wire, this.site).then(
      (receiver) => {
        this.#receiver = receiver;
      },
      (error: unknown) => {
        this.note(`store did not start: ${String(error)}`);
        this.killStore();
      },
    );
  }

  killStation(): void {
    this.#endStation(() => this.station.kill(), RESTART_MS);
  }
  cutStation(survives?: Survives): void {
    this.#endStation(() => this.station.cutPower(survives), BOOT_MS);
  }
  killStore(): void {
    this.#endStore(() => this.store.kill(), RESTART_MS);
  }
  cutStore(survives?: Survives): void {
    this.#endStore(() => this.store.cutPower(survives), BOOT_MS);
  }

  /** The store's machine breaks; another one begins with that backup of its disk. Nobody judges in between what it lacks. */
  putStoreBack(backup: FolderNode): void {
    this.store.kill();
    this.store.disk.putBack(backup);
    this.#receiver = undefined;
    this.wire.drop('store');
    this.note('the store was put back');
    this.timeline.after(BOOT_MS, () => this.bootStore());
  }

  /** The agent ends as a service manager wants it to; the receiver after it. */
  async stop(): Promise<void> {
    await this.stopStation();
    await this.stopStore();
  }

  /** The agent ends as a service manager wants it to; one that is not ready yet is killed. */
  async stopStation(): Promise<void> {
    const agent = this.#agent;
    await agent?.station.stop();
    await agent?.close();
    this.station.kill();
    this.#agent = undefined;
  }

  /** The same for the receiver. */
  async stopStore(): Promise<void> {
    await this.#receiver?.stop();
    this.store.kill();
    this.#receiver = undefined;
  }

  /** All that must be somewhere. */
  get required(): readonly Recording[] {
    return this.recordings.filter((recording) => !this.overwritten.has(recording));
  }

  /** Judges all recordings at this moment. */
  look(when: string, units = false): void {
    this.judge.look(this.required, `${this.timeline.nowMs.toFixed(0)} ms, ${when}`, units);
  }

  #endStation(end: () => void, backMs: number): void {
    if (!this.station.isAlive) return;
    end();
    this.#agent = undefined;
    this.wire.drop('station');
    this.look('the station ended');
    this.timeline.after(backMs, () => this.bootStation());
  }

  #endStore(end: () => void, backMs: number): void {
    if (!this.store.isAlive) return;
    end();
    this.#receiver = undefined;
    this.wire.drop('store');
    this.look('the store ended', true);
    this.timeline.after(backMs, () => this.bootStore());
  }

  #hearCondition(topic: string, payload: Uint8Array): void {
    const code = /\/condition\/([^/]+)$/.exec(topic)?.[1];
    if (code === undefined) return;
    if (payload.length === 0) this.conditions.delete(code);
    else this.conditions.set(code, Buffer.from(payload).toString());
  }

  #hearLight(topic: string, payload: Uint8Array): void {
    const at = /\/bay\/bay-(\d+)$/.exec(topic)?.[1];
    if (at === undefined || payload.length === 0) return;
    const { light, camera } = JSON.parse(Buffer.from(payload).toString()) as BayShown;
    const docked = this.dock.in(this.dock.bays[Number(at) - 1] ?? '');
    if (light === 'safe-to-take' && docked?.name === camera) this.judge.safeToTake(docked.recordings);
  }
}

function knownKey(key: SecretKey): KnownKey {
  return { ...judgeKeyOf(publicKeyOf(key)), known: new Map() };
}

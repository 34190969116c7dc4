// A receiver, a broker and a disk in memory on one manual clock, for tests that play a whole transfer.
import type { Post } from '../../../agent/platform/http-post.ts';
import type { Conditions } from '../../../protocol/format/ports.ts';
import type { ReceiverConfig } from '../../../config/receiver-config.ts';
import { parseReceiverId, type StationId } from '../../../protocol/format/ids.ts';
import {
  makeSecretKey,
  publicKeyOf,
  type PublicKey,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { openReceiver, type OpenReceiver } from '../../../agent/receiver/open-receiver.ts';
import { Slabs } from '../../../agent/receiver/transfer/slabs.ts';
import { inlineUnitStore } from '../../fakes/unit-store-inline.ts';
import { MemoryHub, type MemoryBroker } from '../../fakes/broker-memory.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { fastMessageSigner } from '../../fakes/signer-fast.ts';
import { makeSample, STATION, type Sample } from './sample.ts';
import { BASE, ScriptedStation, type StationParts } from './scripted-station.ts';
import { MemoryLocks } from '../../fakes/locks-memory.ts';
import { STORE_PROCESS } from '../../fakes/running-process.ts';

const keys = new SeededRandom(11);
export const STATION_KEY = makeSecretKey(keys);
export const STORE_KEY = makeSecretKey(keys);

export interface ReceiverChoice {
  readonly receiver?: string;
  readonly quotaBytes?: number;
  readonly witnesses?: ReceiverConfig['witnesses'];
  readonly post?: Post;
  readonly slabs?: number;
  /** Instead of MemoryConditions. */
  readonly conditions?: Conditions;
  readonly disk?: CrashDisk;
  /** STORE_KEY unless given. */
  readonly key?: SecretKey;
  readonly stations?: readonly { readonly id: StationId; readonly publicKeys: readonly PublicKey[] }[];
}

/** A receiver that runs, and its parts. */
export interface RunningReceiver extends OpenReceiver {
  readonly broker: MemoryBroker;
  readonly conditions: MemoryConditions;
  readonly log: MemoryLog;
  readonly slabs: Slabs;
}

/** Everything of one test. */
export class BenchTop {
  readonly clock = new ManualClock();
  readonly hub = new MemoryHub({ clock: this.clock });
  readonly random: SeededRandom;
  disk = new CrashDisk();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  sample(sizeBytes: number, change: Parameters<typeof makeSample>[3] = {}): Sample {
    return makeSample(this.random, STATION_KEY, sizeBytes, change);
  }

  async receiver(choice: ReceiverChoice = {}): Promise<RunningReceiver> {
    const id = choice.receiver ?? 'r-a';
    const slabs = new Slabs(choice.slabs ?? 8);
    const parts = {
      conditions: new MemoryConditions(),
      log: new MemoryLog(),
      broker: this.hub.client(id),
      slabs,
    };
    const disk = choice.disk ?? this.disk;
    const key = choice.key ?? STORE_KEY;
    const open = await openReceiver(
      {
        receiver: parseReceiverId(id),
        vault: { path: '/vault', quotaBytes: choice.quotaBytes ?? 2 ** 40 },
        stations: choice.stations ?? [{ id: STATION, publicKeys: [publicKeyOf(STATION_KEY)] }],
        broker: { base: BASE },
        retention: { days: 14, documentsDays: 730, timerHours: 0 },
        roles: { officers: [], supervisors: [] },
        evaluators: [],
        witnesses: choice.witnesses ?? [],
        timestamps: null,
      },
      {
        ...parts,
        conditions: choice.conditions ?? parts.conditions,
        version: 'test',
        bootId: null,
        process: STORE_PROCESS,
        locks: new MemoryLocks(),
        post: choice.post ?? (() => Promise.reject(new Error('no network'))),
        files: disk,
        clock: this.clock,
        random: this.random,
        signer: fastMessageSigner(key),
        publicKey: publicKeyOf(key),
        units: inlineUnitStore(disk, slabs),
      },
    );
    await open.start();
    parts.broker.start();
    return { ...open, ...parts };
  }

  async station(choice: Partial<Omit<StationParts, 'hub' | 'random'>> = {}): Promise<ScriptedStation> {
    const { hub, random } = this;
    const station = new ScriptedStation({ hub, random, storeKey: publicKeyOf(STORE_KEY), ...choice });
    await station.start();
    return station;
  }

  /** Lets time go by until it holds; fails after `limitMs` of it. */
  async until(what: string, holds: () => boolean, limitMs = 120_000): Promise<void> {
    for (let passedMs = 0; !holds();) {
      if (passedMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      const stepMs = passedMs < 2000 ? 10 : 250;
      await this.clock.advance(stepMs);
      passedMs += stepMs;
    }
  }

  /** The file of a recording in the vault. */
  stored(sample: Sample, name: string, disk = this.disk): Uint8Array | undefined {
    return disk.peek(`/vault/${sample.station}/${sample.recording}/${name}`);
  }
}

/** A receiver and a station that talk to it. */
export interface Bench {
  readonly top: BenchTop;
  readonly receiver: RunningReceiver;
  readonly station: ScriptedStation;
}

export async function openBench(seed: number, choice: ReceiverChoice = {}): Promise<Bench> {
  const top = new BenchTop(seed);
  const receiver = await top.receiver(choice);
  return { top, receiver, station: await top.station() };
}

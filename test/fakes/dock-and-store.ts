// A whole station and a whole store in one process: their real logic and real files in a temporary folder, cameras in memory, and a
// broker in memory whose every message a test may drop, alter or double.
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lamp } from '../../agent/dock/bay-lamp.ts';
import { PortSwitches } from '../../agent/dock/port-switches.ts';
import type { ClockSource } from '../../agent/monitoring/clock-watch.ts';
import { ConditionBoard } from '../../agent/monitoring/condition-board.ts';
import { lostStatus } from '../../agent/monitoring/status.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { watchFolder } from '../../agent/platform/folder-changes-chokidar.ts';
import { watchTree } from '../../agent/platform/folder-tree.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { openReceiver, type OpenReceiver } from '../../agent/receiver/open-receiver.ts';
import { Slabs } from '../../agent/receiver/transfer/slabs.ts';
import { VaultLocks } from '../../agent/receiver/vault/vault-lock.ts';
import { bulkInline } from './bulk-inline.ts';
import { type ComposedStation, composeStation } from '../../agent/station/compose-station.ts';
import type { PushLimits } from '../../config/push-limits.ts';
import type { CameraConfig, SerialConfig } from '../../config/station-config.ts';
import type { CameraIdentity, Driver } from '../../drivers/driver.ts';
import { deviceAt } from '../../drivers/serial/line.ts';
import type { UsbDevices } from '../../drivers/usb/device.ts';
import { makeIdentity } from '../../protocol/age/age-keys.ts';
import { openSealed } from '../../protocol/age/sealed-file-open.ts';
import { type CustodyEntry, parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { type DockingRecord, parseDockingRecord } from '../../protocol/documents/docking-record.ts';
import { type Manifest, parseManifest } from '../../protocol/documents/manifest.ts';
import {
  inlineSigner,
  makeSecretKey,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import {
  type CameraId,
  makeSessionId,
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type ReceiverId,
} from '../../protocol/format/ids.ts';
import { instantText } from '../../protocol/format/instants.ts';
import type { Clock, Files } from '../../protocol/format/ports.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { MemoryHub } from './broker-memory.ts';
import { BusJudge } from './bus-judge.ts';
import { BelievingClock } from './clock-believing.ts';
import { ScaledClock } from './clock-scaled.ts';
import { FixedClockSource } from './clock-source-fixed.ts';
import { MemoryConditions } from './conditions-memory.ts';
import { MemoryLog } from './log-memory.ts';
import { FixedMachine } from './machine-fixed.ts';
import { MemoryCamera, type MemoryContent, type MemoryFileLook } from './memory-camera.ts';
import { STATEMENT_ROLES } from './restored-store.ts';
import { STORE_PROCESS } from './running-process.ts';
import type { RolesConfig } from '../../config/roles-config.ts';
import { fastMessageSigner } from './signer-fast.ts';
import { simulatedDriver } from './simulated-driver.ts';
import { inlineUnitStore } from './unit-store-inline.ts';
import { UsbDock } from './usb/dock.ts';

export const STATION = parseStationId('kod-1');
export const BASE = 'bodydock';
const DEADLINE_MS = 15_000;
const HOUR_MS = 3_600_000;

export interface DockOptions {
  readonly release?: 'never' | 'after-receipt';
  /** Whose policies the station takes; nobody's unless given. */
  readonly roles?: RolesConfig;
  readonly cameras?: number;
  /** Bays that name no camera, unless `bays` does so: it is known by what it says of itself. Without it each bay names its own. */
  readonly register?: {
    readonly bays?: readonly (string | null)[];
    readonly cameras: readonly CameraConfig[];
    readonly unknown?: 'refuse' | 'accept';
  };
  /** What the cameras say of themselves, in their order. */
  readonly identities?: readonly CameraIdentity[];
  /** Recipients that count as proven; all unless given. */
  readonly proven?: boolean;
  readonly stationFiles?: Files;
  readonly vaultFiles?: Files;
  readonly wrapDriver?: (driver: Driver) => Driver;
  /** Cameras on USB ports in place of folders, which the test plugs in; ports 1-1.1, 1-1.2, ... unless given. */
  readonly usb?: {
    readonly devices: UsbDevices;
    readonly driver: Driver;
    /** Asked behind it, for cameras of other families. */
    readonly otherDrivers?: readonly Driver[];
    readonly ports?: readonly string[];
    /** Of a driver whose cameras change over. */
    readonly switches?: PortSwitches;
  };
  /** Cameras at serial ports of the machine in place of folders: one port for each camera. */
  readonly serial?: { readonly ports: readonly string[]; readonly driver: Driver };
  /** Names of the LEDs of each bay. */
  readonly leds?: readonly (readonly string[])[];
  /** Of station and store; the machine's unless given. */
  readonly clock?: Clock;
  /** A system that cannot tell unless given. */
  readonly clockSource?: ClockSource;
  /** Gives the same signatures as the product's own one, sixty times faster: for emulated machines and hundreds of dockings. */
  readonly hasFastSigner?: boolean;
  /** A machine that tells none unless given. */
  readonly bootId?: string;
  /** What the station may take of the uplink at first; all of it unless given. */
  readonly limits?: PushLimits;
  /** UTC unless given. */
  readonly localMs?: (utcMs: number) => number;
}

/** One recording as the vault holds it. */
export interface Kept {
  readonly manifest: Manifest;
  readonly original: Buffer;
  readonly path: string;
}

function portAt(path: string | undefined): SerialConfig | null {
  return path === undefined ? null : { path, baud: 115_200, framing: 'console' };
}

/** A camera whose files are of this shift and not of these minutes, so that nobody looks at them twice, unless a test says otherwise. */
class WornCamera extends MemoryCamera {
  override hasStationTimes = true;
  readonly #clock: Clock;

  constructor(clock: Clock, identity?: CameraIdentity) {
    super(identity);
    this.#clock = clock;
  }

  override put(path: string | Uint8Array, content: MemoryContent, look: MemoryFileLook = {}): void {
    super.put(path, content, { modifiedAt: instantText(this.#clock.wallMs() - HOUR_MS), ...look });
  }
}

export class DockAndStore {
  readonly folder: string;
  readonly clock: Clock;
  readonly hub: MemoryHub;
  /** The lamp of every bay. */
  lamp: Lamp = { show: async () => undefined };
  readonly cameras: readonly MemoryCamera[];
  /** What stations sign with from their next start on; receivers pin that of their start. */
  stationKey: SecretKey;
  /** Receivers that stations list from their next start on. */
  listed = ['r-a', 'r-b'];
  /** What receivers sign with and stations pin from their next start on. */
  storeKey: SecretKey;
  readonly identity = makeIdentity(nodeRandom());
  readonly conditions = new MemoryConditions();
  readonly storeConditions = new MemoryConditions();
  readonly log = new MemoryLog();
  readonly storeLog = new MemoryLog();
  readonly options: DockOptions;
  station: ComposedStation | undefined;
  readonly receivers = new Map<ReceiverId, OpenReceiver & { close(): Promise<void> }>();
  readonly #judge: BusJudge;

  private constructor(folder: string, options: DockOptions) {
    this.folder = folder;
    this.options = options;
    this.clock = options.clock ?? nodeClock();
    this.hub = new MemoryHub({ clock: this.clock, reconnectMs: 20 });
    this.cameras = Array.from(
      { length: options.cameras ?? 1 },
      (_, index) => new WornCamera(this.clock, options.identities?.[index]),
    );
    this.#judge = new BusJudge(BASE, () => this.#secrets());
    this.hub.sent = (from, { topic, payload, ...how }) => {
      if (from === 'station') this.#judge.sent(topic, payload, how);
    };
    this.stationKey = makeSecretKey(nodeRandom());
    this.storeKey = makeSecretKey(nodeRandom());
  }

  static async open(options: DockOptions = {}): Promise<DockAndStore> {
    const dock = new DockAndStore(await mkdtemp(join(tmpdir(), 'bodydock-')), options);
    await mkdir(join(dock.folder, 'spool'));
    await mkdir(join(dock.folder, 'vault'));
    return dock;
  }

  get camera(): MemoryCamera {
    const [first] = this.cameras;
    if (first === undefined) throw new Error('no camera');
    return first;
  }

  async startStation(): Promise<void> {
    const cameras = new Map(this.cameras.map((camera, index) => [this.#place(index), camera]));
    const { usb, serial } = this.options;
    const driver = usb?.driver ?? serial?.driver ?? simulatedDriver(cameras);
    const random = nodeRandom();
    const session = makeSessionId(random);
    const topics = stationTopics(BASE, STATION);
    this.station = await composeStation(
      {
        station: STATION,
        spool: { path: join(this.folder, 'spool'), reserveBytes: 0, keepHours: 48, documentsDays: 400 },
        recipients: [this.identity.recipient],
        store: {
          publicKeys: [publicKeyOf(this.storeKey)],
          receivers: this.listed.map(parseReceiverId),
          backupHours: 24,
        },
        bays: this.cameras.map((_, index) => ({
          id: parseBayId(`bay-${index + 1}`),
          folder: usb === undefined && serial === undefined ? this.#place(index) : null,
          usbPort: usb === undefined ? null : (usb.ports?.[index] ?? `1-1.${index + 1}`),
          serial: portAt(serial?.ports[index]),
          leds: this.options.leds?.[index] ?? [],
          camera: this.#named(index),
        })),
        cameras: this.options.register?.cameras ?? [],
        cameraMissingDays: 14,
        unknownCameras: this.options.register?.unknown ?? 'refuse',
        release: this.options.release ?? 'after-receipt',
        roles: this.options.roles ?? STATEMENT_ROLES,
        ...(this.options.limits === undefined ? {} : { limits: this.options.limits }),
      },
      {
        files: this.options.stationFiles ?? nodeFiles(),
        clock: this.clock,
        random,
        log: this.log,
        conditions: new ConditionBoard(this.conditions, this.clock),
        machine: new FixedMachine(),
        leds: () => this.lamp,
        broker: this.hub.client('station', {
          will: {
            topic: topics.status,
            payload: lostStatus(session, '2026-11-25T00:00:00.000Z'),
            qos: 1,
            retain: true,
          },
        }),
        topics,
        session,
        signer: this.#signer(this.stationKey),
        stationKeys: [publicKeyOf(this.stationKey)],
        provenRecipients: () => new Set(this.options.proven === false ? [] : [this.identity.recipient]),
        progress: new Progress(this.clock),
        bulk: bulkInline({ files: this.options.stationFiles ?? nodeFiles(), random }),
        freeBuffer: () => undefined, // the memory broker still shows what was sent to whoever listens
        drivers: [this.options.wrapDriver?.(driver) ?? driver, ...(usb?.otherDrivers ?? [])],
        folderIdentity: async (path) => {
          const camera = cameras.get(path);
          return camera?.isAttached === true ? String(camera.docking) : undefined;
        },
        folderVacancy: async () => 'none' as const,
        watchFolder,
        watchTree,
        portIdentity: deviceAt,
        usbDevices: usb?.devices ?? new UsbDock(this.clock).devices,
        isIdleDisk: async () => false,
        portSwitches: usb?.switches ?? new PortSwitches(),
        clockSource: this.options.clockSource ?? new FixedClockSource(null),
        localMs: this.options.localMs ?? ((utcMs) => utcMs),
        bootId: this.options.bootId ?? null,
        version: 'test',
        configSha256: '0'.repeat(64),
      },
    );
    await this.station.station.start();
  }

  async stopStation(): Promise<void> {
    const believing = this.clock instanceof BelievingClock ? this.clock : undefined;
    const scaled = this.clock instanceof ScaledClock ? this.clock : undefined;
    const factor = scaled?.factor ?? 1;
    if (believing !== undefined) believing.hasRealTimers = true;
    if (scaled !== undefined) scaled.factor = 1;
    await this.station?.station.stop();
    await this.station?.close();
    this.station = undefined;
    if (believing !== undefined) believing.hasRealTimers = false;
    if (scaled !== undefined) scaled.factor = factor;
  }

  /** `other`: on a vault of its own, with a key of its own. */
  async startReceiver(
    name = 'r-a',
    other?: { readonly vault: string; readonly key: SecretKey },
  ): Promise<void> {
    const key = other?.key ?? this.storeKey;
    const files = this.options.vaultFiles ?? nodeFiles();
    const slabs = new Slabs(32);
    const broker = this.hub.client(name);
    const id = parseReceiverId(name);
    const open = await openReceiver(
      {
        receiver: id,
        vault: { path: join(this.folder, other?.vault ?? 'vault'), quotaBytes: 2 ** 40 },
        stations: [{ id: STATION, publicKeys: [publicKeyOf(this.stationKey)] }],
        broker: { base: BASE },
        retention: { days: 14, documentsDays: 730, timerHours: 0 },
        roles: { officers: [], supervisors: [] },
        evaluators: [],
        witnesses: [],
        timestamps: null,
      },
      {
        version: 'test',
        bootId: null,
        process: STORE_PROCESS,
        locks: new VaultLocks(join(this.folder, other?.vault ?? 'vault'), this.clock),

        post: () => Promise.reject(new Error('no network')),
        files,
        clock: this.clock,
        random: nodeRandom(),
        log: this.storeLog,
        conditions: this.storeConditions,
        broker,
        signer: this.#signer(key),
        publicKey: publicKeyOf(key),
        slabs,
        units: inlineUnitStore(files, slabs),
      },
    );
    await open.start();
    broker.start();
    this.receivers.set(id, { ...open, close: () => broker.close(true) });
  }

  async stopReceiver(name = 'r-a'): Promise<void> {
    const receiver = this.receivers.get(parseReceiverId(name));
    this.receivers.delete(parseReceiverId(name));
    await receiver?.stop();
    await receiver?.close();
  }

  async close(): Promise<void> {
    await this.stopStation();
    for (const name of this.receivers.keys()) await this.stopReceiver(name);
    await rm(this.folder, { recursive: true, force: true });
    const [first] = this.#judge.findings;
    if (first !== undefined)
      throw new Error(`the station sent what protocol/asyncapi.yaml does not allow: ${first}`);
  }

  /** What no document for monitoring may hold: serial numbers, and names of files that are long enough to be told apart. */
  #secrets(): string[] {
    const serials = this.options.identities?.map(({ serial }) => serial ?? '') ?? [];
    const names = this.cameras.flatMap((camera) =>
      camera.files().map(({ path }) => Buffer.from(path).toString('utf8')),
    );
    return [...serials, ...names].filter((text) => text.length > 4);
  }

  /** Retained bay document of this moment. */
  bay(number = 1): Record<string, unknown> {
    const payload = this.hub.retained(`${BASE}/v1/${STATION}/bay/bay-${number}`);
    return payload === undefined
      ? {}
      : (JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>);
  }

  /** Polls until it holds; fails with the newest log lines after 15 s. */
  async until(
    what: string,
    holds: () => boolean | Promise<boolean>,
    deadlineMs = DEADLINE_MS,
  ): Promise<void> {
    for (const end = performance.now() + deadlineMs; performance.now() < end;) {
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const lines = [...this.log.lines, ...this.storeLog.lines].slice(-30).map((line) => JSON.stringify(line));
    throw new Error(`not in time: ${what}\n${JSON.stringify(this.bay())}\n${lines.join('\n')}`);
  }

  /** Manifests of everything that lies complete in the vault with its receipt, by their folders. */
  async receipted(): Promise<Map<string, Manifest>> {
    const station = join(this.folder, 'vault', STATION);
    const names = await readdir(station).catch(() => []);
    const manifests = new Map<string, Manifest>();
    for (const name of names.filter((candidate) => candidate !== 'custody')) {
      const folder = join(station, name);
      const receipt = await readFile(join(folder, 'receipt.json')).catch(() => undefined);
      const bytes = await readFile(join(folder, 'manifest.json')).catch(() => undefined);
      if (receipt !== undefined && bytes !== undefined) manifests.set(folder, parseManifest(bytes));
    }
    return manifests;
  }

  /** The same, opened. */
  async vault(): Promise<Kept[]> {
    const kept: Kept[] = [];
    for (const [folder, manifest] of await this.receipted()) {
      const original = await this.open(await readFile(join(folder, 'payload.age')));
      const source = JSON.parse(
        (await this.open(Buffer.from(manifest.source.sealed, 'base64'))).toString(),
      ) as { path: string };
      kept.push({ manifest, original, path: Buffer.from(source.path, 'base64').toString() });
    }
    return kept.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Every docking record that lies in the vault with its receipt. */
  async dockings(): Promise<DockingRecord[]> {
    const station = join(this.folder, 'vault', STATION);
    const records: DockingRecord[] = [];
    for (const name of await readdir(station).catch(() => [])) {
      const receipt = await readFile(join(station, name, 'receipt.json')).catch(() => undefined);
      const bytes = await readFile(join(station, name, 'docking.json')).catch(() => undefined);
      if (receipt !== undefined && bytes !== undefined) records.push(parseDockingRecord(bytes));
    }
    return records;
  }

  /** Entries of the custody log as they lie in the spool, checkpoints too, in the order of their segments. What is just being written is not there yet. */
  async custody(): Promise<CustodyEntry[]> {
    const folder = join(this.folder, 'spool', 'custody');
    const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
    const segments = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const lines = segments.flatMap((text) => text.split('\n').slice(0, -1));
    return lines.map((line) => parseCustodyEntry(Buffer.from(line))).sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  /** What is retained below the station's prefix, empty where nothing is. */
  retained(topic: string): string {
    return Buffer.from(this.hub.retained(`${BASE}/v1/${STATION}/${topic}`) ?? []).toString();
  }

  /** Everything that the broker retains: topics and payloads. */
  retainedText(): string {
    return this.hub
      .retainedTopics()
      .map((topic) => `${topic} ${Buffer.from(this.hub.retained(topic) ?? []).toString()}`)
      .join('\n');
  }

  #signer(key: SecretKey): ReturnType<typeof inlineSigner> {
    return this.options.hasFastSigner === true ? fastMessageSigner(key) : inlineSigner(key);
  }

  #named(index: number): CameraId | null {
    const { register } = this.options;
    if (register === undefined) return parseCameraId(`cam-${index + 1}`);
    const name = register.bays?.[index] ?? null;
    return name === null ? null : parseCameraId(name);
  }

  async open(sealed: Uint8Array): Promise<Buffer> {
    const source = (async function* pieces() {
      yield sealed;
    })();
    const parts: Uint8Array[] = [];
    for await (const part of openSealed(source, [this.identity.identity])) parts.push(part.slice());
    return Buffer.concat(parts);
  }

  #place(index: number): string {
    return join(this.folder, `camera-${index + 1}`);
  }
}

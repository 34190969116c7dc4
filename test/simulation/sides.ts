// Station and store as their programs compose them, each in one process of a simulated machine.
import { PortSwitches } from '../../agent/dock/port-switches.ts';
import { ConditionBoard } from '../../agent/monitoring/condition-board.ts';
import { lostStatus } from '../../agent/monitoring/status.ts';
import { LoggedConditions } from '../../agent/platform/conditions-log.ts';
import { bufferFreer } from '../../agent/platform/memory.ts';
import { openReceiver, type OpenReceiver } from '../../agent/receiver/open-receiver.ts';
import { Slabs } from '../../agent/receiver/transfer/slabs.ts';
import { bulkInline } from '../fakes/bulk-inline.ts';
import { newTagMemory, TAG_KEY_BYTES, UnitTags } from '../../agent/seal/unit-tags.ts';
import { type ComposedStation, composeStation } from '../../agent/station/compose-station.ts';
import { makeIdentity } from '../../protocol/age/age-keys.ts';
import { makeSecretKey, publicKeyOf, type SecretKey } from '../../protocol/documents/minisign.ts';
import {
  makeSessionId,
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type ReceiverId,
  type StationId,
} from '../../protocol/format/ids.ts';
import type { Conditions, Log } from '../../protocol/format/ports.ts';
import { Progress } from '../../protocol/format/progress.ts';
import { stationTopics } from '../../protocol/transfer/topics.ts';
import { MemoryLocks } from '../fakes/locks-memory.ts';
import { FixedMachine } from '../fakes/machine-fixed.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { STATEMENT_ROLES } from '../fakes/restored-store.ts';
import { STORE_PROCESS } from '../fakes/running-process.ts';
import { fastMessageSigner, fastSigner } from '../fakes/signer-fast.ts';
import { inlineUnitStore } from '../fakes/unit-store-inline.ts';
import { UsbDock } from '../fakes/usb/dock.ts';
import { type Dock, serialOf } from './dock.ts';
import type { LiveProcess } from './machine.ts';
import type { Wire } from './wire.ts';

/** Who the two sides are, and by which keys they know each other. */
export interface Site {
  readonly station: StationId;
  readonly receiver: ReceiverId;
  readonly stationKey: SecretKey;
  readonly storeKey: SecretKey;
  /** Keys of anybody who may open recordings. */
  readonly recipient: { readonly identity: string; readonly recipient: string };
}

export const STATION = parseStationId('kod-1');
const BASE = 'bodydock';
export const SPOOL = '/spool';
export const VAULT = '/vault';
/** Less than a day, so that what was released is reclaimed while the simulation lasts. */
const KEEP_HOURS = 0.1;
const RESERVE_BYTES = 128 * 1024;
const SLABS = 16;
/** Fewer units than wait at times: some are remembered, and some are not any more. */
const UNITS_TAGGED = 8;
const TAG_KEY = seededRandom(14).bytes(TAG_KEY_BYTES);
/** As the real station: memory that waits for the collector makes it run all the time. */
const freeBuffer = bufferFreer();

export const SIMULATED_SITE: Site = {
  station: STATION,
  receiver: parseReceiverId('r-a'),
  stationKey: makeSecretKey(seededRandom(11)),
  storeKey: makeSecretKey(seededRandom(12)),
  recipient: makeIdentity(seededRandom(13)),
};

/** Opens and starts the agent. Errors: those of composeStation, of a disk that fails at this moment. */
export async function startStation(
  live: LiveProcess,
  wire: Wire,
  dock: Dock,
  site: Site,
): Promise<ComposedStation> {
  const { clock, files, random, log } = live;
  const session = makeSessionId(random);
  const topics = stationTopics(BASE, site.station);
  const will = {
    topic: topics.status,
    payload: lostStatus(session, new Date(clock.wallMs()).toISOString()),
    qos: 1,
    retain: true,
  } as const;
  const station = await composeStation(settings(dock, site), {
    files,
    clock,
    random,
    log,
    conditions: new ConditionBoard(conditionsOf(log), clock),
    broker: wire.client('station', live, will),
    topics,
    session,
    signer: fastSigner(site.stationKey),
    stationKeys: [publicKeyOf(site.stationKey)],
    provenRecipients: () => new Set([site.recipient.recipient]),
    bulk: bulkInline({ files, random, freeBuffer, tags: new UnitTags(newTagMemory(TAG_KEY, UNITS_TAGGED)) }),
    freeBuffer,
    clockSource: live.clockSource,
    machine: new FixedMachine(),
    leds: () => ({ show: async () => undefined }),
    localMs: (utcMs) => utcMs,
    bootId: null,

    version: 'simulated',
    configSha256: '0'.repeat(64),
    progress: new Progress(clock),
    drivers: [dock.driver(live)],
    folderIdentity: async () => undefined,
    folderVacancy: async () => 'none' as const,
    watchFolder: () => async () => undefined,
    watchTree: () => async () => undefined,
    portIdentity: (place) => dock.identity(place),
    usbDevices: new UsbDock(clock).devices,
    isIdleDisk: async () => false,
    portSwitches: new PortSwitches(),
  });
  await station.station.start();
  return station;
}

function settings(
  dock: Dock,
  { station, receiver, storeKey, recipient }: Site,
): Parameters<typeof composeStation>[0] {
  return {
    station,
    spool: { path: SPOOL, reserveBytes: RESERVE_BYTES, keepHours: KEEP_HOURS, documentsDays: 400 },
    recipients: [recipient.recipient],
    store: { publicKeys: [publicKeyOf(storeKey)], backupHours: 24, receivers: [receiver] },
    bays: dock.bays.map((path, at) => ({
      id: parseBayId(`bay-${at + 1}`),
      folder: null,
      usbPort: null,
      serial: { path, baud: 115_200, framing: 'console' },
      leds: [],
      camera: null,
    })),
    cameras: dock.cameras.map(({ name }) => ({
      id: parseCameraId(name),
      alias: name,
      model: null,
      serial: serialOf(name),
      passwordFile: null,
    })),
    cameraMissingDays: 14,
    unknownCameras: 'refuse',
    release: 'after-receipt',
    roles: STATEMENT_ROLES,
  };
}

/** Opens and starts the receiver on its vault. Errors: those of openReceiver, of a disk that fails at this moment. */
export async function startStore(live: LiveProcess, wire: Wire, site: Site): Promise<OpenReceiver> {
  const { stationKey, storeKey } = site;
  const { clock, files, random, log } = live;
  const slabs = new Slabs(SLABS);
  const broker = wire.client('store', live);
  const receiver = await openReceiver(
    {
      receiver: site.receiver,
      vault: { path: VAULT, quotaBytes: 2 ** 40 },
      stations: [{ id: site.station, publicKeys: [publicKeyOf(stationKey)] }],
      broker: { base: BASE },
      retention: { days: 14, documentsDays: 730, timerHours: 0 },
      roles: { officers: [], supervisors: [] },
      evaluators: [],
      witnesses: [],
      timestamps: null,
    },
    {
      version: 'simulated',
      bootId: null,
      process: STORE_PROCESS,
      locks: new MemoryLocks(),

      post: () => Promise.reject(new Error('no network')),
      files,
      clock,
      random,
      log,
      conditions: conditionsOf(log),
      broker,
      signer: fastMessageSigner(storeKey),
      publicKey: publicKeyOf(storeKey),
      slabs,
      units: inlineUnitStore(files, slabs),
    },
  );
  await receiver.start();
  broker.start();
  return receiver;
}

function conditionsOf(log: Log): Conditions {
  return new LoggedConditions(log, () => undefined);
}

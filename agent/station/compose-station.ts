// Puts a station together from its configuration and its ports. Which adapters these are is decided in station-parts.ts and by tests.
import type { BayConfig } from '../../config/station-config.ts';
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import type { BayWork } from '../dock/bay-docking.ts';
import { bayLamp } from '../dock/bay-lamp.ts';
import { Bay } from '../dock/bay.ts';
import { CameraRegister } from '../dock/camera-register.ts';
import { CameraTwins } from '../dock/camera-twins.ts';
import { UnexpectedDevices } from '../dock/unexpected-devices.ts';
import { BulkAround } from '../seal/bulk-around.ts';
import { PullRates } from '../pull/pull-rates.ts';
import { PullStop } from '../pull/pull-stop.ts';
import { UnfinishedPulls } from '../pull/unfinished-pulls.ts';
import { ClockWatch } from '../monitoring/clock-watch.ts';
import { CustodyDropping } from '../custody/custody-drop.ts';
import { CustodyLog } from '../custody/custody-log.ts';
import { refuseOtherStation, refusePutAsideKey } from '../custody/log-owner.ts';
import { Differences } from '../custody/differences.ts';
import { Retirements } from '../custody/retirement.ts';
import { ITEM, receiptName } from '../custody/ledger.ts';
import { OwedLeavings } from '../spool/owed-leavings.ts';
import { lastOfCamera } from '../custody/last-of-camera.ts';
import { dockingSource } from '../records/docking-source.ts';
import { Dockings } from '../records/dockings.ts';
import { CustodyPush } from '../push/custody-push.ts';
import { hasReceipt } from '../inventory/entry.ts';
import { bayPlace } from '../dock/make-place.ts';
import { DocumentsDropping } from '../spool/documents-dropping.ts';
import { dockingDue, Keep, recordingDue } from '../spool/keep.ts';
import { Monitoring } from '../monitoring/monitoring.ts';
import { OwedReceipts } from '../spool/owed-receipts.ts';
import { counted } from '../push/pace.ts';
import { recordingSource } from '../push/push-source.ts';
import { Pusher } from '../push/push.ts';
import { SendLimits } from '../push/send-limits.ts';
import { StrangeKeys } from '../push/strange-keys.ts';
import type { Changes, ItemChange } from '../spool/changes.ts';
import { spoolLayout } from '../spool/layout.ts';
import { Spool, type SpoolOptions } from '../spool/spool.ts';
import { Turns } from '../spool/turns.ts';
import type { StationPorts, StationSettings } from './station-ports.ts';
import { Station } from './station.ts';
import { SteadyWall } from '../platform/steady-wall.ts';
import { StorePutBack } from '../spool/store-put-back.ts';
import { Tries } from '../pull/tries.ts';
import { BAY_STUCK_MS, WatchedPlace } from '../dock/watched-place.ts';
import { Undo } from './undo.ts';

const HOUR_MS = 3_600_000;

/** A station that may be started; `close` ends its spool once the station was stopped. */
export interface ComposedStation {
  readonly station: Station;
  /** What becomes of what is in its spool. */
  readonly changes: Changes<ItemChange>;
  /** What monitoring sees at this moment. */
  readonly documents: Monitoring['documents'];
  /** What it may take of the uplink, and takes from now on. */
  readonly limits: Pick<SendLimits, 'set' | 'pace'>;
  close(): Promise<void>;
}

/**
 * Opens spool and log and connects the parts; where one of them cannot be opened, those before it are closed. The caller holds the spool's lock.
 * `looks`: see SpoolOptions. They are no port: ports live as long as the station, and what these saw must not.
 * Errors: "spool.*", "custody.*", the system's.
 */
export async function composeStation(
  settings: StationSettings,
  given: StationPorts,
  looks?: SpoolOptions['looks'],
): Promise<ComposedStation> {
  const undo = new Undo();
  try {
    return await connectParts(settings, given, looks, undo);
  } catch (error) {
    // A log or a reserve that tries again by itself would write beside the next station of this process, or keep one that has ended.
    await undo
      .all()
      .catch((failure: unknown) => given.log.warn('not all resources closed', { error: failure }));
    throw error;
  }
}

async function connectParts(
  settings: StationSettings,
  given: StationPorts,
  looks: SpoolOptions['looks'],
  undo: Undo,
): Promise<ComposedStation> {
  const limits = new SendLimits(given);
  undo.later(async () => limits.stop());
  if (settings.limits !== undefined) limits.set(settings.limits);
  const monitoring = new Monitoring({ ...given, settings, limits });
  const { disk, status, cameras: cameraHealth } = monitoring;
  const files = disk.files(given.files);
  const watched = { ...given, files, bulk: new BulkAround(given.bulk, disk.around) };
  const { clock, log, conditions, stationKeys } = watched;
  const store = {
    station: settings.station,
    storeKeys: settings.store.publicKeys,
    receivers: settings.store.receivers,
  };
  const layout = spoolLayout(settings.spool.path);
  await refuseOtherStation(files, layout.custody, settings.station);
  await refusePutAsideKey(files, layout.custody, given.laterKeys ?? []);
  const { spool, findings } = await Spool.open({
    ...watched,
    ...settings.spool,
    looks,
    storeKeys: store.storeKeys,
  });
  undo.later(() => spool.close());
  for (const error of (await looks)?.failures ?? []) disk.saw(error);
  const ports = { ...watched, files: spool.files };
  const custody = await CustodyLog.open({
    ...ports,
    folder: layout.custody,
    ledgerFile: layout.ledger,
    onAppended: (event) => monitoring.entered(event),
    station: settings.station,
    reserve: spool.logReserve,
  });
  undo.later(() => custody.close());
  monitoring.takeOver(custody.ledger);
  const { dockings, findings: odd } = await Dockings.open({
    ...ports,
    station: settings.station,
    storeKeys: store.storeKeys,
    spool,
    custody,
  });
  const { records } = dockings;
  for (const { kind, name, reason } of [...findings, ...odd]) {
    if (kind === 'quarantined') custody.append({ event: 'quarantined', facts: { name, reason } });
  }
  const clockWatch = await ClockWatch.open({ source: ports.clockSource, clock, custody, conditions, log });
  const clockSynchronised = (): boolean | null => clockWatch.synchronised;
  const wall = new SteadyWall(clock, clockSynchronised);
  monitoring.watch({ spool, records, clockSynchronised, believedMs: () => wall.nowMs() });
  const differences = new Differences({
    ...ports,
    custody,
    spool,
    leavings: new OwedLeavings({ ...ports, ledger: custody.ledger, spool, records, layout }),
    acknowledgementFile: layout.acknowledgement,
  });
  const { logDays, days } = settings.retention;
  const strangeKeys = new StrangeKeys(ports);
  const putBack = new StorePutBack({ conditions, log });
  const custodyPush = new CustodyPush({
    ...ports,
    broker: counted(ports.broker, limits.pace),
    onBehind: (isBehind) => putBack.behind(isBehind),
    store,
    strangeKeys,
    source: custody,
    isOurs: (head) => differences.isOurs(head),
    dropping: new CustodyDropping({ ...ports, custody, folder: layout.custody, logDays, wall }),
  });
  custody.onCheckpoint(() => custodyPush.advance());
  const { changes } = spool;
  const keep = new Keep({
    ...ports,
    kind: 'recording',
    spool,
    changes,
    store: putBack,
    custody,
    due: { wall, dueMs: recordingDue(ports.files, days) },
    keepMs: settings.spool.keepHours * HOUR_MS,
  });
  const documentsDropping = new DocumentsDropping({
    ...ports,
    spool,
    custody,
    wall,
    days: settings.spool.documentsDays,
  });
  // The log needs no more entries of what was reclaimed by one.
  const isReceiptEntered = (recording: RecordingId): boolean =>
    custody.isEntered(recording, ITEM.receipted) ||
    (!custody.ledger.items.has(recording) && spool.stateOf(recording) === 'released');
  const owedReceipts = new OwedReceipts({
    ...ports,
    folderOf: async (recording) => (records.get(recording) ?? (await spool.find(recording)))?.folder,
    custody,
    receipted: function* () {
      for (const kind of [spool.recordings(), records.recordings()])
        for (const held of kind) if (held.state === 'receipted') yield held.recording;
    },
    isReceipted: (recording) => records.get(recording)?.state === 'receipted' || hasReceipt(spool, recording),
    unlogged: async (recordings) => recordings.filter((recording) => !isReceiptEntered(recording)),
    takenBack: () => spool.takenBack(),
    unloggedAskings: async (askings) =>
      askings.filter(
        (each) => !custody.ledger.takenBack.has(receiptName(each.recording, each.receipt_sha256)),
      ),
  });
  const recordKeep = new Keep({
    ...ports,
    kind: 'docking',
    changes,
    store: putBack,
    spool: {
      recordings: () => records.reclaimable(),
      get: (record) => records.get(record),
      mayGo: (record) => records.mayGo(record),
      quarantine: (record, reason) => records.quarantine(record, reason),
      reclaim: async (record) => {
        // Only a receipt in the signed log explains a record that is not there any more.
        if (await owedReceipts.makeUp([record])) await custody.checkpoint();
        await records.reclaim(record);
      },
    },
    custody,
    due: { wall, dueMs: dockingDue(ports.files, days) },
    keepMs: settings.spool.keepHours * HOUR_MS,
  });
  const pusher = new Pusher({
    ...ports,
    limits,
    store,
    strangeKeys,
    sources: [recordingSource(spool, custody), dockingSource(records, custody)],
    changes,
    owedReceipts,
    units: ports.bulk,
    custody,
    onAsking: (settled) => putBack.asking(settled),
    onUnmarked: (count) => putBack.unmarked(count),
    knowsHead: (head) => differences.isOurs(head),
  });
  const progress = {
    isReceipted: (recording: RecordingId) => hasReceipt(spool, recording),
    heldBytes: (recording: RecordingId) => pusher.receivedBytes(recording),
  };
  const tries = await Tries.open({
    ...ports,
    folder: layout.tries,
  });
  const register = await CameraRegister.open(settings, ports);
  const twins = new CameraTwins(conditions);
  const turns = new Turns<CameraId>();
  const unfinished = new UnfinishedPulls({ spool, clock, log });
  const pullStop = new PullStop({ clock, conditions, log, tryDisk: () => spool.tryDisk() });
  const work = (bay: BayConfig): BayWork => ({
    station: settings.station,
    bay: bay.id,
    boot: ports.bootId,
    whoIs: register.whoIs(bay),
    recipients: settings.recipients,
    place: new WatchedPlace(
      bayPlace(bay, ports, register.whoIs(bay)),
      ports.progress.source(bay.id, BAY_STUCK_MS),
    ),
    take: { ...ports, spool, custody, tries, makeRoom: () => keep.makeRoom(), pullStop, unfinished },
    commit: {
      ...ports,
      clockSynchronised,
      turns,
      spool,
      custody,
      lastSpooled: (camera) => lastOfCamera(custody, camera, 'spooled'),
    },
    measure: {
      clockSynchronised,
      localMs: ports.localMs,
      startAheadMs: clock.wallMs() - clock.monotonicMs(),
    },
    dockings,
    twins,
    watch: { conditions, rates: new PullRates(), cameras: cameraHealth },
    erase: {
      ...ports,
      policy: settings.release,
      storeKeys: store.storeKeys,
      spool,
      custody,
      stationKeys,
      store: putBack,
      owedReceipts,
    },
  });
  const bays = settings.bays.map(
    (bay) =>
      new Bay({
        id: bay.id,
        work: work(bay),
        lamp: bayLamp(bay, ports),
        progress,
        clock,
        log,
        conditions,
        changes,
        status,
      }),
  );
  putBack.start(spool.askedAgain);
  const station = new Station({
    ...ports,
    custody,
    custodyPush,
    differences,
    retirements: new Retirements({ ...ports, custody, folder: layout.retirements }),
    dockings,
    pusher,
    monitoring,
    changes,
    putBack,
    keep,
    recordKeep,
    documentsDropping,
    owedReceipts,
    clockWatch,
    tries,
    unfinished,
    unexpectedDevices: new UnexpectedDevices({ ...ports, devices: ports.usbDevices, bays: settings.bays }),
    bays,
  });
  conditions.onShown((code) => {
    monitoring.changed(code);
    station.conditionsChanged(conditions.degrading);
  });
  return {
    station,
    changes,
    documents: () => monitoring.documents(),
    limits,
    close: () => {
      limits.stop();
      strangeKeys.stop();
      return spool.close();
    },
  };
}

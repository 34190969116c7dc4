// Puts a station together from its configuration and its ports. Which adapters these are is decided in station-parts.ts and by tests.
import type { CameraId, RecordingId } from '../../protocol/format/ids.ts';
import { KeyedMutex } from '../../protocol/format/keyed-mutex.ts';
import { CustodyDropping } from '../custody/custody-drop.ts';
import { CustodyLog } from '../custody/custody-log.ts';
import { Differences } from '../custody/differences.ts';
import { refuseOtherStation, refusePutAsideKey } from '../custody/log-owner.ts';
import { Retirements } from '../custody/retirement.ts';
import { bayLamp } from '../dock/bay-lamp.ts';
import { BAY_STUCK_MS, WatchedPlace } from '../dock/bay-place.ts';
import { Bay } from '../dock/bay.ts';
import { CameraRegister, CameraTwins } from '../dock/camera-register.ts';
import { PullRates } from '../dock/docking-watch.ts';
import { bayPlace } from '../dock/make-place.ts';
import { UnexpectedDevices } from '../dock/unexpected-devices.ts';
import { hasReceipt } from '../inventory/entry.ts';
import { ClockWatch } from '../monitoring/clock-watch.ts';
import { Monitoring } from '../monitoring/monitoring.ts';
import { AsyncDisposableStack } from '../platform/disposable-stack.ts';
import { TrustedWallClock } from '../platform/trusted-wall-clock.ts';
import { PullStop } from '../pull/pull-stop.ts';
import { Tries } from '../pull/tries.ts';
import { UnfinishedPulls } from '../pull/unfinished-pulls.ts';
import { CustodyPush } from '../push/custody-push.ts';
import { HeldPolicy } from '../push/held-policy.ts';
import { LogWitness } from '../push/log-witness.ts';
import { StrangeKeys } from '../push/push-verify.ts';
import { Pusher } from '../push/push.ts';
import { counted, SendLimits } from '../push/send-limits.ts';
import { StoreRollback, StoreStanding } from '../push/store-rollback.ts';
import { DailyLook } from '../records/daily-look.ts';
import { DockingRecords, dockingRecordType } from '../records/docking-records.ts';
import { Dockings } from '../records/dockings.ts';
import { openStaffStores, StaffReports, staffTypes } from '../records/staff-reports.ts';
import { screenView, type ScreenView } from '../screen/screen-view.ts';
import { BulkAround } from '../seal/bulk.ts';
import { Changes, type ItemChange } from '../spool/changes.ts';
import { DocumentsDropping, Keep } from '../spool/keep.ts';
import { spoolLayout } from '../spool/layout.ts';
import { Settlement } from '../spool/settlement.ts';
import { SignedItems } from '../spool/signed-items.ts';
import { Spool, type SpoolOptions } from '../spool/spool.ts';
import { recordingType } from '../spool/spooled-recording.ts';
import type { StationPorts, StationSettings } from './station-ports.ts';
import { Station } from './station.ts';

const HOUR_MS = 3_600_000;

/** A station that may be started; `close` ends its spool once the station was stopped. */
export interface ComposedStation {
  readonly station: Station;
  /** What becomes of what is in its spool. */
  readonly changes: Changes<ItemChange>;
  /** What monitoring sees at this moment. */
  readonly documents: Monitoring['documents'];
  /** What the screen of the dock shows at this moment. */
  readonly screen: () => ScreenView;
  /** Takes what staff give at that screen. */
  readonly staffReports: Pick<StaffReports, 'give'>;
  /** Since when a camera is in each bay, over starts; null where none is, or nobody knows. */
  readonly stays: () => ReadonlyMap<string, string | null>;
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
  const closing = new AsyncDisposableStack();
  try {
    return await connectParts(settings, given, looks, closing);
  } catch (error) {
    // A log or a reserve that tries again by itself would write beside the next station of this process, or keep one that has ended.
    await closing
      .disposeAsync()
      .catch((failure: unknown) => given.log.warn('not all resources closed', { error: failure }));
    throw error;
  }
}

async function connectParts(
  settings: StationSettings,
  given: StationPorts,
  looks: SpoolOptions['looks'],
  closing: AsyncDisposableStack,
): Promise<ComposedStation> {
  const { station, bays: bayConfigs } = settings;
  const { clock, random, log, conditions, signer, stationKeys, bootId, version, localMs } = given;
  const { broker, topics, session, provenRecipients, usbDevices } = given;
  const store = {
    station,
    storeKeys: settings.store.publicKeys,
    receivers: settings.store.receivers,
  };
  const layout = spoolLayout(settings.spool.path);

  // What is watched from the first call on.
  const limits = new SendLimits({ clock, localMs, log });
  closing.defer(async () => limits.stop());
  if (settings.limits !== undefined) limits.set(settings.limits);
  const monitoring = new Monitoring({
    settings,
    broker,
    topics,
    session,
    clock,
    files: given.files,
    log,
    conditions,
    machine: given.machine,
    stationKeys,
    provenRecipients,
    version,
    configSha256: given.configSha256,
    localMs,
    limits,
    certificates: given.certificates,
  });
  const { disk, cameras } = monitoring;
  const bulk = new BulkAround(given.bulk, disk.around);

  // What lies on the disk: spool, log, docking records.
  const unguarded = disk.files(given.files);
  await refuseOtherStation(unguarded, layout.custody, station);
  await refusePutAsideKey(unguarded, layout.custody, given.laterKeys ?? []);
  const { spool, findings } = await Spool.open({
    path: settings.spool.path,
    reserveBytes: settings.spool.reserveBytes,
    looks,
    storeKeys: store.storeKeys,
    stationKeys,
    files: unguarded,
    bulk,
    clock,
    random,
    log,
    conditions,
  });
  closing.defer(() => spool.close());
  for (const error of (await looks)?.failures ?? []) disk.saw(error);
  const { files, changes } = spool;
  const custody = await CustodyLog.open({
    station,
    version,
    bootId,
    folder: layout.custody,
    snapshot: spool.snapshot,
    onAppended: (event) => monitoring.entered(event),
    reserve: spool.logReserve,
    signer,
    stationKeys,
    keyChange: given.keyChange,
    files,
    clock,
    random,
    log,
    conditions,
  });
  closing.defer(() => custody.close());
  const { ledger } = custody;
  monitoring.takeOver(ledger);
  const policy = await HeldPolicy.open({
    roles: settings.roles,
    receivers: store.receivers,
    pinnedVault: () => standing.vault,
    files,
    layout,
    reserve: spool.logReserve,
    custody,
    clock,
    log,
    conditions,
  });
  closing.defer(() => policy.stop());
  const { records, findings: recordFindings } = await DockingRecords.open({
    spool,
    signer,
    stationKeys,
    storeKeys: store.storeKeys,
    lastRecorded: (camera) => ledger.records.get(camera),
    policy,
    files,
    random,
    log,
    conditions,
  });
  const { stores: staffStores, findings: staffFindings } = await openStaffStores({
    spool,
    stationKeys,
    storeKeys: store.storeKeys,
    files,
    log,
    conditions,
  });
  // All that is signed, kept and pushed; the receiving end knows the same types (protocol/documents).
  const types = [
    recordingType(spool, files, ledger),
    dockingRecordType(records, files),
    ...staffTypes(staffStores, files),
  ];
  const items = new SignedItems({ types, custody, files, changes, log });
  const { dockings, findings: journalFindings } = await Dockings.open({
    station,
    spool,
    records,
    items,
    custody,
    signer,
    stationKeys,
    files,
    clock,
    random,
    log,
    conditions,
  });
  const staffReports = await StaffReports.open({
    station,
    recipients: settings.recipients,
    stores: staffStores,
    spool,
    items,
    custody,
    bulk,
    signer,
    files,
    random,
    clock,
    localMs,
    log,
  });
  for (const { kind, name, reason } of [...findings, ...recordFindings, ...staffFindings, ...journalFindings])
    if (kind === 'quarantined') custody.append({ event: 'quarantined', facts: { name, reason } });

  // What time it is, and what the log says of what is here.
  const clockWatch = await ClockWatch.open({ source: given.clockSource, clock, custody, conditions, log });
  const clockSynchronised = (): boolean | null => clockWatch.synchronised;
  const wall = new TrustedWallClock(clock, clockSynchronised);
  monitoring.watch({ spool, records, clockSynchronised, believedMs: () => wall.nowMs() });
  const settlement = new Settlement({ items, custody, spool, layout, files, clock, log });
  const acknowledgementFile = layout.acknowledgement;
  const levels = new Changes<'level'>();
  const differences = new Differences({
    custody,
    levels,
    spool,
    leavings: settlement,
    acknowledgementFile,
    files,
    clock,
    conditions,
    log,
  });
  const retirements = new Retirements({ custody, folder: layout.retirements, files, clock, log });

  // The store: its log, its receipts, what it has lost.
  const strangeKeys = new StrangeKeys({ clock, conditions });
  const standing = new StoreStanding({
    state: spool.store,
    files,
    layout,
    reserve: spool.logReserve,
    store,
    differences,
    levels,
    clock,
    log,
    conditions,
  });
  closing.defer(() => standing.stop());
  const dropping = new CustodyDropping({ custody, folder: layout.custody, wall, files, clock, log });
  const custodyPush = new CustodyPush({
    broker: counted(broker, limits.pace),
    topics,
    store,
    strangeKeys,
    source: custody,
    dropping,
    differences,
    standing,
    clock,
    random,
    log,
    conditions,
  });
  custody.onCheckpoint(() => custodyPush.advance());
  const witness = new LogWitness({
    ledger,
    store,
    standing,
    differences,
    custody,
    broker: counted(broker, limits.pace),
    topics,
    clock,
    random,
    log,
  });
  const rollback = new StoreRollback({
    standing,
    store,
    policy,
    custody,
    spool,
    items,
    differences,
    custodyPush,
    witness,
    log,
    conditions,
  });
  const pusher = new Pusher({
    broker,
    limits,
    topics,
    session,
    store,
    strangeKeys,
    items,
    changes,
    units: bulk,
    freeBuffer: given.freeBuffer,
    custody,
    custodyPush,
    standing,
    differences,
    witness,
    clock,
    log,
    conditions,
  });

  // How long what the store has stays here.
  const keepMs = settings.spool.keepHours * HOUR_MS;
  const keep = new Keep({ items, wall, policy, keepMs, store: standing, changes, clock, log });
  const { documentsDays } = settings.spool;
  const documentsDropping = new DocumentsDropping({
    spool,
    items,
    ledger,
    clock,
    wall,
    log,
    days: documentsDays,
  });

  const dailyLook = new DailyLook({
    spool,
    documents: new Map([['docking', records.store], ...staffStores]),
    items,
    custody,
    clock,
    log,
  });

  // The bays.
  const tries = await Tries.open({ folder: layout.tries, files, clock, log, bootId, version });
  const unfinished = new UnfinishedPulls({ spool, clock, log });
  const pullStop = new PullStop({ clock, conditions, log, tryDisk: () => spool.tryDisk() });
  const register = await CameraRegister.open(settings, { signer, conditions });
  const common = {
    station,
    boot: bootId,
    recipients: settings.recipients,
    take: {
      spool,
      bulk,
      custody,
      clock,
      random,
      log,
      tries,
      makeRoom: () => keep.makeRoom(),
      pullStop,
      unfinished,
    },
    commit: {
      spool,
      items,
      bulk,
      signer,
      clock,
      clockSynchronised,
      policy,
      lastSpooled: (camera: CameraId) => custody.ledger.manifests.get(camera),
      turns: new KeyedMutex<CameraId>(),
    },
    erase: {
      policy: settings.release,
      stationKeys,
      storeKeys: store.storeKeys,
      receivers: store.receivers,
      provenRecipients,
      spool,
      files,
      custody,
      clock,
      store: standing,
      items,
      conditions,
      log,
    },
    measure: { clockSynchronised, localMs, startAheadMs: clock.wallMs() - clock.monotonicMs() },
    dockings,
    twins: new CameraTwins(conditions),
  };
  const progress = {
    isReceipted: (recording: RecordingId) => hasReceipt(spool, recording),
    heldBytes: (recording: RecordingId) => pusher.receivedBytes(recording),
  };
  const bays = bayConfigs.map((bay) => {
    const whoIs = register.whoIs(bay);
    const place = new WatchedPlace(bayPlace(bay, given, whoIs), given.progress.source(bay.id, BAY_STUCK_MS));
    const watch = { conditions, rates: new PullRates(), cameras };
    const lamp = bayLamp(bay, { leds: given.leds, clock, conditions, log });
    const work = { ...common, bay: bay.id, whoIs, place, watch };
    return new Bay({ id: bay.id, work, lamp, progress, changes, status: monitoring, clock, log, conditions });
  });
  const unexpectedDevices = new UnexpectedDevices({
    devices: usbDevices,
    bays: bayConfigs,
    isIdleDisk: given.isIdleDisk,
    clock,
    log,
    conditions,
  });

  const composed = new Station({
    session,
    version,
    configSha256: given.configSha256,
    provenRecipients,
    topics,
    broker,
    custody,
    custodyPush,
    standing,
    rollback,
    policy,
    differences,
    retirements,
    dockings,
    pusher,
    witness,
    monitoring,
    keep,
    documentsDropping,
    dailyLook,
    staffReports,
    settlement,
    clockWatch,
    tries,
    unfinished,
    unexpectedDevices,
    bays,
    clock,
    log,
  });
  conditions.onShown((code) => {
    monitoring.changed(code);
    composed.conditionsChanged(conditions.degrading);
  });
  return {
    station: composed,
    changes,
    documents: () => monitoring.documents(),
    screen: () =>
      screenView({
        bays: bays.map((bay) => ({ document: bay.show(), chargePercent: bay.chargePercent })),
        conditions: conditions.codes.flatMap((code) => conditions.shown(code) ?? []),
        lastSeen: monitoring.lastSeen(),
        nowMs: clock.wallMs(),
      }),
    staffReports,
    stays: () => new Map(bays.map(({ id, dockedAt }) => [id, dockedAt])),
    limits,
    close: () => {
      limits.stop();
      strangeKeys.stop();
      return spool.close();
    },
  };
}

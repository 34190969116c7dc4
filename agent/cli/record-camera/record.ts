// Asks a camera what a docking asks before anything is read, through drivers that are listened to, and makes the lines of the file.
// Nothing is read, written or erased on the camera.
import type { CameraSession, Driver, Inventory, Place } from '../../../drivers/driver.ts';
import { massStorageDriver } from '../../../drivers/mass-storage/driver.ts';
import { ptpInterfaceOf } from '../../../drivers/ptp/codes.ts';
import { PtpCommands } from '../../../drivers/ptp/commands.ts';
import { PtpConversation } from '../../../drivers/ptp/conversation.ts';
import { ptpDriver } from '../../../drivers/ptp/driver.ts';
import { ptpQuirksOf } from '../../../drivers/ptp/quirks.ts';
import type { OpenLine } from '../../../drivers/serial/line.ts';
import { smpDriver } from '../../../drivers/serial/smp/driver.ts';
import { consoleFraming, rawFraming } from '../../../drivers/serial/smp/framing.ts';
import type { OpenUsb, UsbDeviceFacts, UsbDevices } from '../../../drivers/usb/device.ts';
import { DockError, isDockError } from '../../../protocol/format/errors.ts';
import type { Clock } from '../../../protocol/format/ports.ts';
import { withEither } from '../../../protocol/format/with-either.ts';
import { Disguise } from './disguise.ts';
import { PtpRecorder, type RecorderDeps } from './ptp-recorder.ts';
import {
  RECORDED_VERSION,
  type RecordedHead,
  type RecordedLine,
  type RecordedResult,
} from './recorded-file.ts';
import { SmpRecorder } from './smp-recorder.ts';

/** A camera that lists 20,000 files, asked twice for each. */
export const LINES_MAX = 50_000;
/** A large camera has some hundred. */
const PROPERTIES_MAX = 512;
/** A whole recording; a slow camera lists for minutes. */
const RECORDING_MS_MAX = 900_000;

export interface RecordPorts {
  readonly clock: Clock;
  readonly devices: UsbDevices;
  readonly openUsb: OpenUsb;
  readonly openLine: OpenLine;
}

/** What a file is made of. */
export interface Recording {
  readonly head: RecordedHead;
  readonly lines: readonly RecordedLine[];
  readonly result: RecordedResult;
}

/**
 * Records the camera at a place. A step that fails is told in the result: such a camera is worth a recording.
 * Errors: "driver.detached", "driver.refused" where there is nothing that could be asked; the signal's reason.
 */
export async function recordCamera(
  place: Place,
  ports: RecordPorts,
  program: string,
  signal: AbortSignal,
  disguise: Disguise = new Disguise(),
): Promise<Recording> {
  const lines: RecordedLine[] = [];
  const full = new AbortController();
  const startMs = ports.clock.monotonicMs();
  const deps: RecorderDeps = {
    disguise,
    nowMs: () => Math.round(ports.clock.monotonicMs() - startMs),
    say: (line) => {
      if (lines.length < LINES_MAX) lines.push(line);
      else full.abort(tooLong(`it takes more than ${LINES_MAX} questions`));
    },
  };
  const cancel = ports.clock.after(RECORDING_MS_MAX, () =>
    full.abort(tooLong(`it takes longer than ${RECORDING_MS_MAX} ms`)),
  );
  try {
    return await withEither(signal, full.signal, async (ending) => {
      const { driver, head, more, end } = await listeningDriver(place, ports, deps, ending);
      const result = await asked(
        driver,
        place,
        { disguise, lines, isFolder: head().kind === 'folder' },
        ending,
      );
      if (!('open' in result.failed)) await more(ending);
      end();
      signal.throwIfAborted();
      return { head: { ...head(), program }, lines, result };
    });
  } finally {
    cancel();
  }
}

interface Listening {
  readonly driver: Driver;
  readonly head: () => RecordedHead;
  /** What no docking asks. Never fails for what the camera does. */
  readonly more: (signal: AbortSignal) => Promise<void>;
  readonly end: () => void;
}

async function listeningDriver(
  place: Place,
  { clock, devices, openUsb, openLine }: RecordPorts,
  deps: RecorderDeps,
  signal: AbortSignal,
): Promise<Listening> {
  const head = { recorded_camera: RECORDED_VERSION, program: '' } as const;
  if (place.kind === 'folder')
    return {
      driver: massStorageDriver({ clock }),
      head: () => ({ ...head, kind: 'folder' }),
      more: async () => undefined,
      end: () => undefined,
    };
  if (place.kind === 'serial') {
    const recorder = new SmpRecorder(deps, place.framing === 'raw' ? rawFraming : consoleFraming);
    const driver = smpDriver({ openLine: recorder.listening(openLine), clock });
    const line = { baud: place.baud, framing: place.framing };
    const more = async (): Promise<void> => undefined;
    return { driver, head: () => ({ ...head, kind: 'smp', line }), more, end: () => recorder.end() };
  }
  const device = await devices.at(place.path, signal);
  if (device === undefined)
    throw new DockError('driver.detached', `nothing is plugged into USB port ${place.path}`, {
      retry: 'later',
    });
  deps.disguise.hide(device.serial);
  const recorder = new PtpRecorder(deps);
  const driver = ptpDriver({
    devices,
    openUsb: recorder.listening(openUsb),
    clock,
    onRecovery: (_port, step) => deps.say({ ms: deps.nowMs(), note: 'recovery', value: step }),
  });
  if (!(await driver.probe(place, signal)))
    throw new DockError(
      'record-camera.no-ptp',
      `the device on USB port ${place.path} does not speak PTP or MTP: a disk is recorded with --folder once it is mounted`,
      { retry: 'person' },
    );
  const usb = (): RecordedHead['usb'] => ({
    ...usbHead(device, deps.disguise),
    packet_bytes: recorder.packetBytes,
  });
  const more = (ending: AbortSignal): Promise<void> =>
    askProperties(device, recorder.listening(openUsb), { clock, say: deps.say, nowMs: deps.nowMs }, ending);
  return { driver, head: () => ({ ...head, kind: 'ptp', usb: usb() }), more, end: () => recorder.end() };
}

/** The description of every device property, in a session of its own behind all else. A camera that fails at it is noted. */
async function askProperties(
  device: UsbDeviceFacts,
  openUsb: OpenUsb,
  { clock, say, nowMs }: Pick<RecorderDeps, 'say' | 'nowMs'> & { readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  const note = (value: string): void => say({ ms: nowMs(), note: 'properties', value });
  const pipes = ptpInterfaceOf(device);
  if (pipes === undefined) return;
  try {
    const transport = await openUsb(device, pipes.number, signal);
    const conversation = new PtpConversation({
      transport,
      clock,
      quirks: ptpQuirksOf(device),
      onRecovery: (step) => note(step),
    });
    try {
      await conversation.open(signal);
      const commands = new PtpCommands(conversation);
      const { properties } = await commands.deviceInfo(signal);
      for (const property of [...properties].slice(0, PROPERTIES_MAX))
        await commands.description(property, signal);
    } finally {
      await conversation.close();
    }
  } catch (error) {
    if (!isDockError(error)) throw error;
    note(error.code);
  }
}

function usbHead(
  { vendorId, productId, vendor, product, serial, interfaces }: UsbDeviceFacts,
  disguise: Disguise,
): Omit<NonNullable<RecordedHead['usb']>, 'packet_bytes'> {
  return {
    vendor_id: vendorId,
    product_id: productId,
    vendor: vendor && disguise.typeText(vendor),
    product: product && disguise.typeText(product),
    serial: serial && disguise.shape(serial),
    interfaces: interfaces.map(({ number, classCode, subclassCode, protocolCode }) => [
      number,
      classCode,
      subclassCode,
      protocolCode,
    ]),
  };
}

interface AskWish {
  readonly disguise: Disguise;
  /** A folder has no transactions: its entries are the lines. */
  readonly lines: RecordedLine[];
  readonly isFolder: boolean;
}

/** What the driver makes of the camera, disguised. Errors: those of the opening; the signal's reason. */
async function asked(
  driver: Driver,
  place: Place,
  { disguise, lines, isFolder }: AskWish,
  signal: AbortSignal,
): Promise<RecordedResult> {
  const failed: Record<string, string> = {};
  const tried = async <T>(step: string, work: () => Promise<T | null>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!isDockError(error)) throw error;
      failed[step] = error.code;
      return null;
    }
  };
  // A camera that may not be opened is no recording; one that opens and then fails is.
  let refusal: DockError | undefined;
  const session = await tried('open', async () => {
    try {
      return await driver.open(place, signal);
    } catch (error) {
      if (isDockError(error, 'driver.refused') || isDockError(error, 'driver.detached')) refusal = error;
      throw error;
    }
  });
  if (refusal !== undefined) throw refusal;
  const nothing: RecordedResult = { identity: null, clock: null, condition: null, listing: null, failed };
  if (session === null) return nothing;
  try {
    // In the order of a docking: a camera that stops answering tells what it was asked last.
    const identity = await tried('identity', () => identityOf(session, disguise, signal));
    const clock = await tried('clock', () => clockOf(session, disguise, signal));
    const condition = await tried('condition', () => conditionOf(session, signal));
    const inventory = await tried('listing', () => session.inventory(signal));
    if (inventory !== null && isFolder) lines.push(...entryLines(inventory, disguise));
    return { identity, clock, condition, listing: inventory && listingOf(inventory), failed };
  } finally {
    await session.close();
  }
}

async function identityOf(
  session: CameraSession,
  disguise: Disguise,
  signal: AbortSignal,
): Promise<RecordedResult['identity']> {
  const { vendor, model, serial, firmware } = await session.identity(signal);
  disguise.hide(serial);
  const type = (text: string | null): string | null => text && disguise.typeText(text);
  return {
    vendor: type(vendor),
    model: type(model),
    serial: serial && disguise.shape(serial),
    firmware: type(firmware),
  };
}

async function clockOf(
  session: CameraSession,
  disguise: Disguise,
  signal: AbortSignal,
): Promise<RecordedResult['clock']> {
  const time = await session.readClock(signal);
  if (time === null) return null;
  return {
    shown: new Date(disguise.ms(time.claimedMs)).toISOString(),
    zone_minutes: time.zoneMinutes,
    resolution_ms: time.resolutionMs,
  };
}

async function conditionOf(
  session: CameraSession,
  signal: AbortSignal,
): Promise<RecordedResult['condition']> {
  const told = await session.condition(signal);
  return told && { ...told };
}

function listingOf({ entries, problems }: Inventory): RecordedResult['listing'] {
  const files = entries.filter(({ kind }) => kind === 'file');
  return {
    files: files.length,
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    others: entries.length - files.length,
    locked: entries.filter(({ locked }) => locked).length,
    without_time: files.filter(({ modifiedAt }) => modifiedAt === null).length,
    problems: problems.slice(0, 128).map(({ reason }) => reason),
  };
}

/** Path bytes that are no text come with the replacement character. */
function entryLines({ entries }: Inventory, disguise: Disguise): RecordedLine[] {
  return entries.slice(0, LINES_MAX).map(({ path, kind, sizeBytes, modifiedAt }) => ({
    path: disguise.path(Buffer.from(path).toString('utf8')),
    kind,
    size_bytes: sizeBytes,
    modified_at: modifiedAt && disguise.isoDate(modifiedAt),
  }));
}

function tooLong(why: string): DockError {
  return new DockError('record-camera.too-long', `the recording was given up: ${why}`, { retry: 'person' });
}

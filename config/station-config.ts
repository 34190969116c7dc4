// What the agent gets of station.yaml: camelCase, branded ids, absolute paths, parsed keys. Made by load.ts only, after all checks.
import { normalize, resolve } from 'node:path';
import {
  parseBayId,
  parseCameraId,
  parseReceiverId,
  parseStationId,
  type BayId,
  type CameraId,
  type ReceiverId,
  type StationId,
} from '../protocol/format/ids.ts';
import { parsePublicKey, type PublicKey } from '../protocol/documents/minisign.ts';
import { wrongPort } from './bay-rules.ts';
import { brokerPlaces, mapBroker, type BrokerConfig, type BrokerPlaces } from './broker-config.ts';
import { mapPushLimits, type PushLimits } from './push-limits.ts';
import { STANDARD } from './questions.ts';
import { goodKeys } from './rules.ts';
import type { Good } from './schema-problems.ts';
import { kernelPort } from './usb-buses.ts';
import { BAUD_DEFAULT, type StationFile } from './station-schema.ts';
import { mapRoles, type RolesConfig } from './roles-config.ts';

/** A serial port and how it is run. */
export interface SerialConfig {
  /** Such as /dev/serial/by-path/...: it follows the socket, not the adapter. */
  readonly path: string;
  /** Bits per second. */
  readonly baud: number;
  readonly framing: 'console' | 'raw';
}

/** One bay: a folder or a USB port, a serial port, or one of each, which are one place for one camera then. */
export interface BayConfig {
  readonly id: BayId;
  readonly folder: string | null;
  /** Bus and ports as the kernel names them now, such as "1-1.4"; as in the file where no such controller is there. */
  readonly usbPort: string | null;
  readonly serial: SerialConfig | null;
  /** Null: the camera is known by what it says of itself. */
  readonly camera: CameraId | null;
  /** Names of its lights: none, one, or the one for "safe" and the one for all else. */
  readonly leds: readonly string[];
}

export interface CameraConfig {
  readonly id: CameraId;
  /** What staff and monitoring see. */
  readonly alias: string;
  /** Model and serial number as the camera says them. */
  readonly model: string | null;
  readonly serial: string | null;
  /** For cameras that show their files only to who has it. */
  readonly passwordFile: string | null;
}

export interface SpoolConfig {
  readonly path: string;
  readonly reserveBytes: number;
  readonly keepHours: number;
  readonly documentsDays: number;
}

/** station.yaml. All paths are absolute. */
export interface StationConfig {
  readonly station: StationId;
  readonly spool: SpoolConfig;
  readonly keys: { readonly signingFile: string };
  /** age recipients, in the order in which recordings are sealed to them. */
  readonly recipients: readonly string[];
  readonly store: {
    readonly publicKeys: readonly PublicKey[];
    readonly receivers: readonly ReceiverId[];
    /** Between two backups of its vault. */
    readonly backupHours: number;
  };
  readonly broker: BrokerConfig & PushLimits;
  readonly bays: readonly BayConfig[];
  readonly cameras: readonly CameraConfig[];
  /** What becomes of a camera that no line of the file is about, in a bay that names none. */
  readonly unknownCameras: 'refuse' | 'accept';
  /** 0: none is ever missing. */
  readonly cameraMissingDays: number;
  readonly release: 'never' | 'after-receipt';
  readonly roles: RolesConfig;
  /** Of earlier versions: without effect. */
  readonly hasRetention?: boolean;
  /** The page for a screen on this machine; null where there is none. */
  readonly screen: {
    readonly port: number;
    readonly phone: string | null;
    /** Path, or "standard"; null where no reports are taken. */
    readonly questions: string | null;
  } | null;
  /** Where the numbers are served for tools on this machine; null where they are not. */
  readonly metrics: { readonly port: number } | null;
  readonly log: { readonly level: 'error' | 'warn' | 'info' | 'debug' };
}

/** What station.yaml names on this machine. A StationConfig is one; of a file that is not good there are those that are. */
export interface StationPlaces {
  readonly station?: StationId;
  readonly spool?: Pick<SpoolConfig, 'path'>;
  readonly keys?: StationConfig['keys'];
  readonly recipients: readonly string[];
  readonly store: Pick<StationConfig['store'], 'publicKeys'>;
  readonly broker: BrokerPlaces;
  readonly bays: readonly BayPlaces[];
  readonly cameras: readonly Pick<CameraConfig, 'passwordFile'>[];
  readonly release?: StationConfig['release'];
  readonly roles?: RolesConfig;
  readonly hasRetention?: boolean;
  readonly screen?: Pick<NonNullable<StationConfig['screen']>, 'questions'> | null;
}

/** What a bay names on this machine. */
export interface BayPlaces extends Pick<BayConfig, 'folder' | 'usbPort'> {
  readonly serial: Pick<SerialConfig, 'path'> | null;
}

/** What a file names that did not pass, as far as it is good. */
export function stationPlaces(file: Good<StationFile>, folder: string, usbRoot?: string): StationPlaces {
  const { station, release, spool, keys, recipients = [], store, bays = [], cameras = [], screen } = file;
  return {
    ...(station !== undefined && { station: parseStationId(station) }),
    ...(release !== undefined && { release }),
    hasRetention: file.retention !== undefined,
    ...(spool?.path !== undefined && { spool: { path: resolve(folder, spool.path) } }),
    ...(keys?.signing_file !== undefined && { keys: { signingFile: resolve(folder, keys.signing_file) } }),
    recipients: recipients.filter((recipient) => recipient !== undefined),
    store: { publicKeys: goodKeys(store?.public_keys) },
    broker: brokerPlaces(file.broker, folder),
    bays: bays.map((bay) => bayPlaces(bay ?? {}, folder, usbRoot)),
    cameras: cameras.map((camera) => ({
      passwordFile: camera?.password_file === undefined ? null : resolve(folder, camera.password_file),
    })),
    ...(screen !== undefined && { screen: { questions: questionsPlace(screen.questions, folder) } }),
  };
}

function bayPlaces(bay: Good<StationFile['bays'][number]>, folder: string, usbRoot?: string): BayPlaces {
  const { serial_path: port, usb_port: usbPort } = bay;
  return {
    folder: bay.folder === undefined ? null : resolve(folder, bay.folder),
    usbPort: usbPort === undefined ? null : kernelPort(usbPort, usbRoot),
    serial: port === undefined || wrongPort(port) !== undefined ? null : { path: normalize(port) },
  };
}

/** Maps a file that passed schema and rules. Relative paths start at `folder`; `usbRoot` is /sys/bus/usb/devices unless given. */
export function mapStation(file: StationFile, folder: string, usbRoot?: string): StationConfig {
  return {
    station: parseStationId(file.station),
    spool: mapSpool(file.spool, folder),
    keys: { signingFile: resolve(folder, file.keys.signing_file) },
    recipients: file.recipients,
    store: {
      publicKeys: file.store.public_keys.map(parsePublicKey),
      receivers: file.store.receivers.map(parseReceiverId),
      backupHours: file.store.backup_hours,
    },
    broker: { ...mapBroker(file.broker, folder), ...mapPushLimits(file.broker) },
    bays: file.bays.map((bay) => ({
      id: parseBayId(bay.id),
      folder: bay.folder === undefined ? null : resolve(folder, bay.folder),
      usbPort: bay.usb_port === undefined ? null : kernelPort(bay.usb_port, usbRoot),
      serial: mapSerial(bay),
      camera: bay.camera === undefined ? null : parseCameraId(bay.camera),
      leds: [bay.led, bay.led_wait].filter((led) => led !== undefined),
    })),
    cameras: file.cameras.map((camera) => mapCamera(camera, folder)),
    unknownCameras: file.unknown_cameras,
    cameraMissingDays: file.camera_missing_days,
    release: file.release,
    roles: mapRoles(file.roles),
    hasRetention: file.retention !== undefined,
    screen: file.screen === undefined ? null : mapScreen(file.screen, folder),
    metrics: file.metrics ?? null,
    log: file.log,
  };
}

function mapScreen(
  { port, phone, questions }: NonNullable<StationFile['screen']>,
  folder: string,
): NonNullable<StationConfig['screen']> {
  return { port, phone: phone ?? null, questions: questionsPlace(questions, folder) };
}

function questionsPlace(questions: string | undefined, folder: string): string | null {
  const isFile = questions !== undefined && questions !== STANDARD;
  return isFile ? resolve(folder, questions) : (questions ?? null);
}

/** The same for the spool alone. */
export function mapSpool(spool: StationFile['spool'], folder: string): SpoolConfig {
  return {
    path: resolve(folder, spool.path),
    reserveBytes: spool.reserve_bytes,
    keepHours: spool.keep_hours,
    documentsDays: spool.documents_days,
  };
}

function mapSerial({ serial_path: path, serial }: StationFile['bays'][number]): SerialConfig | null {
  if (path === undefined) return null;
  const { baud = BAUD_DEFAULT, framing = 'console' } = serial ?? {};
  return { path: normalize(path), baud, framing };
}

function mapCamera(camera: StationFile['cameras'][number], folder: string): CameraConfig {
  return {
    id: parseCameraId(camera.id),
    alias: camera.alias ?? camera.id,
    model: camera.model ?? null,
    serial: camera.serial ?? null,
    passwordFile: camera.password_file === undefined ? null : resolve(folder, camera.password_file),
  };
}

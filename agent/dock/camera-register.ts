// Which camera it is that was put into a bay (SPEC 12): by what the file says of the bay, and by what the camera says of itself.
//
// Invariants:
// 1. A camera that cannot be named beyond doubt is refused; nothing of one camera ever counts for another.
// 2. No serial number leaves this file: not in an error, a fact or a log line.
import type { BayConfig, CameraConfig, StationConfig } from '../../config/station-config.ts';
import type { CameraIdentity } from '../../drivers/driver.ts';
import { cameraIdKey, cameraIdOf, plainName, plainSerial } from '../../protocol/format/camera-names.ts';
import { DockError, isDockError } from '../../protocol/format/errors.ts';
import type { BayId, CameraId } from '../../protocol/format/ids.ts';
import type { Conditions, Signer } from '../../protocol/format/ports.ts';

/** A camera that may be emptied. */
export interface KnownCamera {
  readonly id: CameraId;
  /** What staff and monitoring see; never a serial number. */
  readonly alias: string;
}

/** Says who it is. Errors: "camera.unknown", "camera.other": it is refused. */
export type WhoIs = (identity: CameraIdentity) => KnownCamera;

/** Codes of the errors of WhoIs, and of the conditions that they are. */
export const REFUSAL_CODES = ['camera.unknown', 'camera.other'] as const;

/** True where a camera was refused because of who it is. Never throws. */
export function isCameraRefusal(error: unknown): error is DockError {
  return REFUSAL_CODES.some((code) => isDockError(error, code));
}

/** The same camera with another serial number than the file gives. */
const DIFFERS_CONDITION = 'camera.serial-differs';
const ALIAS_CHARACTERS = 6;

type Settings = Pick<StationConfig, 'station' | 'cameras' | 'unknownCameras'>;

export class CameraRegister {
  readonly #cameras: readonly CameraConfig[];
  readonly #conditions: Pick<Conditions, 'raise' | 'clear'>;
  /** Of ids for unregistered cameras; undefined where they are refused. */
  readonly #idKey: Uint8Array | undefined;

  private constructor(
    cameras: readonly CameraConfig[],
    conditions: Pick<Conditions, 'raise' | 'clear'>,
    idKey: Uint8Array | undefined,
  ) {
    this.#cameras = cameras;
    this.#conditions = conditions;
    this.#idKey = idKey;
  }

  static async open(
    { station, cameras, unknownCameras }: Settings,
    { signer, conditions }: { signer: Signer; conditions: Pick<Conditions, 'raise' | 'clear'> },
  ): Promise<CameraRegister> {
    const idKey = unknownCameras === 'accept' ? await cameraIdKey(signer, station) : undefined;
    return new CameraRegister(cameras, conditions, idKey);
  }

  /** For one bay. */
  whoIs({ id, camera }: Pick<BayConfig, 'id' | 'camera'>): WhoIs {
    return (identity) => (camera === null ? this.#told(id, identity) : this.#named(id, camera, identity));
  }

  #named(bay: BayId, camera: CameraId, identity: CameraIdentity): KnownCamera {
    const entry = this.#cameras.find(({ id }) => id === camera);
    const told = this.#cameras.filter((each) => isMeant(each, identity));
    const other = told.find(({ id }) => id !== camera);
    if (other !== undefined && !told.some(({ id }) => id === camera)) {
      const words = `this bay is for camera ${camera}, and camera ${other.id} is in it: put each camera into its own bay`;
      const facts = { reason: 'other-camera', camera: other.id, expected: camera };
      throw new DockError('camera.other', words, { retry: 'person', facts });
    }
    if (entry !== undefined && hasOtherSerial(entry, identity))
      this.#conditions.raise(DIFFERS_CONDITION, bay, { camera });
    else this.#conditions.clear(DIFFERS_CONDITION, bay);
    return { id: camera, alias: entry?.alias ?? camera };
  }

  #told(bay: BayId, identity: CameraIdentity): KnownCamera {
    if (identity.serial === null || plainSerial(identity.serial) === '')
      throw unknown(bay, 'no-serial', 'says no serial number', 'name the camera of this bay in the file');
    const meant = this.#cameras.filter((each) => isMeant(each, identity));
    const [entry] = meant;
    if (entry !== undefined && meant.length === 1) return { id: entry.id, alias: entry.alias };
    if (this.#idKey === undefined || entry !== undefined)
      throw unknown(bay, 'unknown', 'is not in the file', 'add it to cameras with the serial number it says');
    const id = cameraIdOf(identity, this.#idKey);
    return { id, alias: unregisteredAlias(id) };
  }
}

/** What people call a camera that is in no file: its id comes from its serial number and does not show it. */
export function unregisteredAlias(id: string): string {
  return `unregistered ${id.slice(2, 2 + ALIAS_CHARACTERS)}`;
}

/** The entry is of this camera: its serial number, and its model where one is given. */
function isMeant({ serial, model }: CameraConfig, said: CameraIdentity): boolean {
  if (serial === null || said.serial === null) return false;
  if (plainSerial(serial) !== plainSerial(said.serial)) return false;
  return model === null || (said.model !== null && plainName(model) === plainName(said.model));
}

function hasOtherSerial({ serial }: CameraConfig, said: CameraIdentity): boolean {
  return serial !== null && said.serial !== null && plainSerial(serial) !== plainSerial(said.serial);
}

function unknown(bay: BayId, reason: 'unknown' | 'no-serial', what: string, remedy: string): DockError {
  const words = `the camera in bay ${bay} ${what}: it is left as it is; ${remedy}, or take it out`;
  return new DockError('camera.unknown', words, { retry: 'person', facts: { reason } });
}

// Tells when one camera seems to be in two bays at a time: the same id, or the same serial number. Both are served, each docking by
// itself; a person must find out which of them is which.

/** A camera in a bay. */
interface Guest {
  readonly bay: BayId;
  readonly camera: CameraId;
  readonly serial: string | null;
}

const CONDITION = 'camera.twice';

/** Who is where, over all bays of a station. */
export class CameraTwins {
  readonly #conditions: Pick<Conditions, 'raise' | 'clear'>;
  readonly #guests = new Set<Guest>();

  constructor(conditions: Pick<Conditions, 'raise' | 'clear'>) {
    this.#conditions = conditions;
  }

  /** A camera came into a bay. The returned function says that it left; it may be called any number of times. */
  arrived(bay: BayId, camera: CameraId, serial: string | null): () => void {
    const guest = { bay, camera, serial };
    this.#guests.add(guest);
    this.#look();
    return () => {
      if (!this.#guests.delete(guest)) return;
      this.#conditions.clear(CONDITION, bay);
      this.#look();
    };
  }

  /** Whether another bay has a camera of that id, too. */
  hasTwin(bay: BayId, camera: CameraId): boolean {
    return [...this.#guests].some((other) => other.bay !== bay && other.camera === camera);
  }

  /** Raised for each bay that is concerned, and says which ones are: never a serial number. */
  #look(): void {
    for (const guest of this.#guests) {
      const twins = [...this.#guests].filter((other) => other === guest || areTwins(guest, other));
      if (twins.length < 2) this.#conditions.clear(CONDITION, guest.bay);
      else this.#conditions.raise(CONDITION, guest.bay, { bays: bayNames(twins), same: sameOf(twins) });
    }
  }
}

function areTwins(one: Guest, other: Guest): boolean {
  return one.camera === other.camera || (one.serial !== null && one.serial === other.serial);
}

function bayNames(guests: readonly Guest[]): string {
  return guests
    .map(({ bay }) => bay)
    .sort()
    .join(' ');
}

function sameOf(guests: readonly Guest[]): string {
  return new Set(guests.map(({ camera }) => camera)).size === 1 ? 'camera' : 'serial number';
}

// The datasets of PTP that this driver reads. Pure; nothing here trusts a number.
// Source: ISO 15740:2013 clauses 5.5.2, 5.5.3, 5.5.4; MTP 1.1 section 5.
import { DockError, isDockError } from '../../protocol/format/errors.ts';

/** What the camera is and which operations it knows. */
export interface DeviceInfo {
  readonly vendorExtension: string;
  readonly operations: ReadonlySet<number>;
  readonly properties: ReadonlySet<number>;
  readonly manufacturer: string;
  readonly model: string;
  readonly deviceVersion: string;
  readonly serial: string;
  /** Something followed the end of one of its texts. */
  readonly hasTextAfterEnd: boolean;
}

/** Errors: "driver.protocol". */
export function parseDeviceInfo(bytes: Uint8Array): DeviceInfo {
  const reader = new DataReader(bytes, 'device info');
  reader.u16(); // standard version
  reader.u32(); // vendor extension
  reader.u16(); // its version
  const vendorExtension = reader.string();
  reader.u16(); // functional mode
  const operations = new Set(reader.u16Array());
  reader.u16Array(); // events
  const properties = new Set(reader.u16Array());
  reader.u16Array(); // capture formats
  reader.u16Array(); // playback formats
  const [manufacturer, model, deviceVersion, serial] = [0, 1, 2, 3].map(() => optionalString(reader));
  return {
    vendorExtension,
    operations,
    properties,
    manufacturer: manufacturer ?? '',
    model: model ?? '',
    deviceVersion: deviceVersion ?? '',
    serial: serial ?? '',
    hasTextAfterEnd: reader.hasTextAfterEnd,
  };
}

export interface StorageInfo {
  readonly isWritable: boolean;
  /** null where it does not fit into a safe integer or the camera does not say. */
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
}

/** Errors: "driver.protocol". */
export function parseStorageInfo(bytes: Uint8Array): StorageInfo {
  const reader = new DataReader(bytes, 'storage info');
  reader.u16(); // storage type
  reader.u16(); // file system
  const access = reader.u16();
  const totalBytes = safeBytes(reader.u64());
  const freeBytes = safeBytes(reader.u64());
  return { isWritable: access === 0, totalBytes, freeBytes };
}

/** One object as the camera describes it; texts as they came. */
export interface ObjectInfo {
  readonly storage: number;
  readonly format: number;
  readonly isProtected: boolean;
  /** 32 bits only: what counts is the property where the camera has it. */
  readonly sizeBytes32: number;
  readonly parent: number;
  readonly name: string;
  readonly capturedAt: string;
  readonly modifiedAt: string;
  /** Something followed the end of one of its texts. */
  readonly hasTextAfterEnd: boolean;
}

/** Errors: "driver.protocol", an empty dataset among them: some cameras send one for an object that is gone. */
export function parseObjectInfo(bytes: Uint8Array): ObjectInfo {
  const reader = new DataReader(bytes, 'object info');
  const storage = reader.u32();
  const format = reader.u16();
  const protection = reader.u16();
  const sizeBytes32 = reader.u32();
  reader.u16(); // thumbnail: format, size, width, height
  for (let skipped = 0; skipped < 3; skipped++) reader.u32();
  for (let skipped = 0; skipped < 3; skipped++) reader.u32(); // image: width, height, depth
  const parent = reader.u32();
  reader.u16(); // association type, description, sequence number
  reader.u32();
  reader.u32();
  const name = reader.string();
  const capturedAt = optionalString(reader);
  const modifiedAt = optionalString(reader);
  return {
    storage,
    format,
    isProtected: protection === 1,
    sizeBytes32,
    parent,
    name,
    capturedAt,
    modifiedAt,
    hasTextAfterEnd: reader.hasTextAfterEnd,
  };
}

/** Object handles or storage ids. At most `countMax` of them, with how many there are. Errors: "driver.protocol". */
export function parseIds(
  bytes: Uint8Array,
  what: string,
  countMax: number,
): { readonly ids: number[]; readonly isCut: boolean } {
  if (bytes.length === 0) return { ids: [], isCut: false };
  const reader = new DataReader(bytes, what);
  const count = reader.u32();
  const here = Math.min(count, countMax);
  return { ids: Array.from({ length: here }, () => reader.u32()), isCut: count > here };
}

/** A size that a recording can have, or null. */
export function safeBytes(value: bigint): number | null {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

/** Some cameras leave out the texts at the end. */
function optionalString(reader: DataReader): string {
  return reader.leftBytes === 0 ? '' : reader.string();
}

// Reads PTP's simple types from a dataset that a camera sent: every length is checked before anything is taken. Pure.
// Source: ISO 15740:2013 clause 5.3; MTP 1.1 section 3.2.

/** A place in one dataset. What is announced is compared with the bytes that are there before anything is taken. */
export class DataReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;
  /** A text that was read went on after its end. */
  hasTextAfterEnd = false;

  /** `what` names the dataset in errors. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at;
  }

  /** Errors of all reads: "driver.protocol" where the dataset ends before. */
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** A count of 32 bits and so many elements of 16 bits. */
  u16Array(): number[] {
    return this.#array(2, () => this.u16());
  }

  /** A count of 32 bits and so many elements of 32 bits. */
  u32Array(): number[] {
    return this.#array(4, () => this.u32());
  }

  /**
   * A count of UTF-16 units with the closing zero, then the units. The text ends at the first zero; without one the whole is the text. Lone
   * surrogates are kept. `hasTextAfterEnd` is set where more than zeros follow.
   */
  string(): string {
    const units = this.u8();
    if (units * 2 > this.leftBytes) throw this.#short(`a text of ${units} characters`);
    const from = this.#take(units * 2);
    let text = '';
    for (let unit = 0; unit < units; unit++)
      text += String.fromCharCode(this.#view.getUint16(from + 2 * unit, true));
    const end = text.indexOf('\0');
    if (end < 0) return text;
    if (/[^\0]/.test(text.slice(end))) this.hasTextAfterEnd = true;
    return text.slice(0, end);
  }

  #array(elementBytes: number, read: () => number): number[] {
    const count = this.u32();
    if (count * elementBytes > this.leftBytes) throw this.#short(`an array of ${count} elements`);
    return Array.from({ length: count }, read);
  }

  #take(bytes: number): number {
    if (bytes > this.leftBytes) throw this.#short(`${bytes} more bytes`);
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  #short(announced: string): DockError {
    const words = `the camera's ${this.#what} ends after ${this.#bytes.length} bytes, it announced ${announced} at ${this.#at}`;
    return new DockError('driver.protocol', words, { retry: 'later', facts: { dataset: this.#what } });
  }
}

/** True for the error of a dataset that makes no sense while the camera is in step. Never throws. */
export function isDatasetError(error: unknown): boolean {
  return isDockError(error, 'driver.protocol') && 'dataset' in error.facts;
}

// How full a camera's battery is: device property 0x5001 with its description, which alone tells the scale. Pure.
// Source: ISO 15740:2013, BatteryLevel (lowest value of the form: no power, highest: full, 0: may run on other power), DevicePropDesc and
// data type codes; MTP 1.1 appendix C.

const FORM_RANGE = 1;
const FORM_ENUMERATION = 2;
const FULL_PERCENT = 100;

/** Bytes of the whole numbers among PTP's data types, by code; a negative one is signed. */
const NUMBER_BYTES: ReadonlyMap<number, number> = new Map([
  [0x0001, -1],
  [0x0002, 1],
  [0x0003, -2],
  [0x0004, 2],
  [0x0005, -4],
  [0x0006, 4],
]);

/** The level as the camera describes it. */
interface BatteryLevel {
  readonly level: number;
  /** Every value that the form names, or the two ends of its range; undefined where there is no form. */
  readonly form: readonly number[] | undefined;
}

/**
 * Whole per cent by a property description (dataset of operation 0x1014), null where the battery is not told: a value outside of its form, one
 * on a scale of nothing, or 0 or more than 100 without a form. Undefined where the dataset is none of a number.
 */
export function percentOfDescription(bytes: Uint8Array): number | null | undefined {
  const told = orUndefined(() => parseDescription(bytes));
  return told && percentOf(told);
}

/** As `percentOfDescription`, by the bare value (data of operation 0x1015), which tells no scale. */
export function percentOfValue(bytes: Uint8Array): number | null {
  const read = (): number => numberOf(new DataReader(bytes, 'battery level'), bytes.length > 1 ? 2 : 1);
  const level = orUndefined(read);
  return level === undefined ? null : percentOf({ level, form: undefined });
}

/** Per cent as it is where the scale ends at 100 or is not told; else the place between the ends of the form. */
function percentOf({ level, form }: BatteryLevel): number | null {
  if (form === undefined) return level >= 1 && level <= FULL_PERCENT ? level : null;
  const [least, most] = [Math.min(...form), Math.max(...form)];
  if (!(level >= least && level <= most) || most <= 0) return null;
  if (most === FULL_PERCENT) return level >= 0 ? level : null;
  return least === most ? null : Math.round(((level - least) / (most - least)) * FULL_PERCENT);
}

/** Undefined for a type that is no whole number. Errors: "driver.protocol". */
function parseDescription(bytes: Uint8Array): BatteryLevel | undefined {
  const reader = new DataReader(bytes, 'description of the battery level');
  reader.u16(); // property
  const numberBytes = NUMBER_BYTES.get(reader.u16());
  if (numberBytes === undefined) return undefined;
  reader.u8(); // whether it may be set
  const next = (): number => numberOf(reader, numberBytes);
  next(); // at the factory
  const level = next();
  const flag = reader.u8();
  if (flag === FORM_RANGE) return { level, form: [next(), next()] };
  if (flag !== FORM_ENUMERATION) return { level, form: undefined };
  const count = reader.u16();
  return { level, form: count === 0 ? undefined : Array.from({ length: count }, next) };
}

function numberOf(reader: DataReader, numberBytes: number): number {
  const size = Math.abs(numberBytes);
  const value = size === 1 ? reader.u8() : size === 2 ? reader.u16() : reader.u32();
  return numberBytes < 0 && value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value;
}

/** What a camera cut off is not told. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isDatasetError(error)) return undefined;
    throw error;
  }
}

// The datasets of PTP that this driver reads. Pure; nothing here trusts a number.
// Source: ISO 15740:2013 clauses 5.5.2, 5.5.3, 5.5.4; MTP 1.1 section 5.
import { DataReader } from './data-reader.ts';

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

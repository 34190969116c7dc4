// PTP datasets as a responder sends them. Source: ISO 15740:2013 clauses 5.3 and 5.5.

/** Grows as it is written; little-endian. */
export class DataWriter {
  readonly #parts: number[] = [];

  u8(value: number): this {
    this.#parts.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >>> 8);
  }

  u32(value: number): this {
    return this.u16(value & 0xffff).u16(value >>> 16);
  }

  u64(value: bigint): this {
    return this.u32(Number(value & 0xffffffffn)).u32(Number(value >> 32n));
  }

  /** Empty texts have no closing zero. */
  string(text: string): this {
    if (text === '') return this.u8(0);
    this.u8(text.length + 1);
    for (let at = 0; at < text.length; at++) this.u16(text.charCodeAt(at));
    return this.u16(0);
  }

  u16Array(values: readonly number[]): this {
    this.u32(values.length);
    for (const value of values) this.u16(value);
    return this;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }
}

export interface DeviceWish {
  readonly operations: readonly number[];
  readonly properties: readonly number[];
  readonly manufacturer: string;
  readonly model: string;
  readonly deviceVersion: string;
  readonly serial: string;
}

export function deviceInfo(wish: DeviceWish): Uint8Array {
  return new DataWriter()
    .u16(100)
    .u32(6)
    .u16(100)
    .string('microsoft.com: 1.0; android.com: 1.0;')
    .u16(0)
    .u16Array(wish.operations)
    .u16Array([0x4002, 0x4003])
    .u16Array(wish.properties)
    .u16Array([])
    .u16Array([0x3000, 0x3001, 0x300b])
    .string(wish.manufacturer)
    .string(wish.model)
    .string(wish.deviceVersion)
    .string(wish.serial)
    .bytes();
}

export function storageInfo(totalBytes: bigint, freeBytes: bigint, isWritable: boolean): Uint8Array {
  return new DataWriter()
    .u16(4)
    .u16(2)
    .u16(isWritable ? 0 : 1)
    .u64(totalBytes)
    .u64(freeBytes)
    .u32(0xffffffff)
    .string('card')
    .string('')
    .bytes();
}

export interface ObjectWish {
  readonly storage: number;
  readonly format: number;
  readonly isProtected: boolean;
  readonly sizeBytes32: number;
  readonly parent: number;
  readonly name: string;
  readonly capturedAt: string;
  readonly modifiedAt: string;
}

export function objectInfo(wish: ObjectWish): Uint8Array {
  const writer = new DataWriter()
    .u32(wish.storage)
    .u16(wish.format)
    .u16(wish.isProtected ? 1 : 0)
    .u32(wish.sizeBytes32);
  writer.u16(0).u32(0).u32(0).u32(0).u32(0).u32(0).u32(0);
  return writer
    .u32(wish.parent)
    .u16(wish.format === 0x3001 ? 1 : 0)
    .u32(0)
    .u32(0)
    .string(wish.name)
    .string(wish.capturedAt)
    .string(wish.modifiedAt)
    .string('')
    .bytes();
}

/** A count and so many numbers of 32 bits; written at once, as a list may have a million. */
export function ids(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * values.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, values.length, true);
  for (const [at, value] of values.entries()) view.setUint32(4 + 4 * at, value, true);
  return bytes;
}

/** One container, header and payload. `length` and `transaction` may lie. */
export function container(
  type: number,
  code: number,
  transaction: number,
  payload: Uint8Array,
  length = 12 + payload.length,
): Uint8Array {
  const bytes = new Uint8Array(12 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.min(length, 0xffffffff), true);
  view.setUint16(4, type, true);
  view.setUint16(6, code, true);
  view.setUint32(8, transaction, true);
  bytes.set(payload, 12);
  return bytes;
}

/** Parameters of a response. */
export function parameters(values: readonly number[]): Uint8Array {
  return ids(values).subarray(4);
}

// Disguises the datasets of PTP in place: every length and number that a driver reads stays, every text is replaced by one of the same length.
// What is not known here is left out, as zeros. Source of the layouts: as drivers/ptp/datasets.ts.
import { DEVICE_PROPERTY, OBJECT_PROPERTY, OPERATION } from '../../../drivers/ptp/codes.ts';
import {
  isDatasetError,
  parseDeviceInfo,
  parseIds,
  parseObjectInfo,
  parseStorageInfo,
} from '../../../drivers/ptp/datasets.ts';
import type { Disguise } from './disguise.ts';

const CANON_SECONDS = 0xd034;
const SIZE_BYTES = 8;
/** Codes of the whole numbers of up to 32 bits begin at 1. */
const NUMBER_TYPES = 6;
/** An enumeration of 256 bytes with all that is around it. */
const BATTERY_BYTES_MAX = 300;
/** Larger ones are no dataset that a listing needs. */
export const DATASET_BYTES_MAX = 4 * 1024 * 1024;

type Change = (text: string) => string;

/** The data of an answer as it may be shown, or undefined where all of it is left out. */
export function disguised(
  operation: number,
  parameters: readonly number[],
  data: Uint8Array,
  disguise: Disguise,
): Uint8Array | undefined {
  const patch = new Patch(data);
  const free: Change = (text) => disguise.shape(text);
  const date: Change = (text) => disguise.ptpDate(text);
  const [first = 0, second = 0] = parameters;
  switch (operation) {
    case OPERATION.getDeviceInfo: {
      disguise.hide(serialIn(data));
      const type: Change = (text) => disguise.typeText(text);
      patch.skip(8).text(type).skip(2);
      for (let arrays = 0; arrays < 5; arrays++) patch.array(2);
      return patch.text(type).text(type).text(type).text(free).end();
    }
    case OPERATION.getStorageIds:
    case OPERATION.getObjectHandles:
      return patch.array(4).end();
    case OPERATION.getStorageInfo:
      return patch.skip(26).text(free).text(free).end();
    case OPERATION.getObjectInfo:
      return patch
        .skip(52)
        .text((text) => disguise.name(text))
        .text(date)
        .text(date)
        .text(free)
        .end();
    case OPERATION.getDevicePropDesc:
      if (first === DEVICE_PROPERTY.batteryLevel) return patch.skip(descriptionBytes(data)).end();
      if (first === DEVICE_PROPERTY.dateTime) return patch.skip(5).text(date).text(date).skip(1).end();
      return patch.skip(5).formOnly(bytesOfType(data)).end();
    case OPERATION.getDevicePropValue:
      if (first === DEVICE_PROPERTY.batteryLevel) return patch.skip(Math.min(4, data.length)).end();
      if (first === DEVICE_PROPERTY.dateTime) return patch.text(date).end();
      if (first === CANON_SECONDS) return patch.u32((seconds) => disguise.seconds(seconds)).end();
      return undefined;
    case OPERATION.getObjectPropValue:
      return second === OBJECT_PROPERTY.size
        ? patch.skip(Math.min(SIZE_BYTES, data.length)).end()
        : undefined;
    default:
      return undefined;
  }
}

/** Disguised data in words, or undefined where it has none. */
export function wordsOf(operation: number, data: Uint8Array): unknown {
  try {
    switch (operation) {
      case OPERATION.getDeviceInfo: {
        const { operations, properties, ...info } = parseDeviceInfo(data);
        return { ...info, operations: hex(operations), properties: hex(properties) };
      }
      case OPERATION.getStorageIds:
        return parseIds(data, 'list', 64).ids;
      case OPERATION.getObjectHandles:
        return { objects: parseIds(data, 'list', 1_000_000).ids.length };
      case OPERATION.getStorageInfo:
        return parseStorageInfo(data);
      case OPERATION.getObjectInfo:
        return parseObjectInfo(data);
      case OPERATION.getDevicePropDesc:
        return describedIn(data);
      default:
        return undefined;
    }
  } catch (error) {
    if (isDatasetError(error)) return { odd: 'ends before what it announces' };
    throw error;
  }
}

/** Bytes of one value of a description's type; 0 for texts and lists. */
function bytesOfType(data: Uint8Array): number {
  const [, , low = 0, high = 0] = data;
  return high === 0 && low >= 1 && low <= 8 ? 2 ** Math.floor((low - 1) / 2) : 0;
}

/** Property, type and whether it may be set: no value. */
function describedIn(data: Uint8Array): unknown {
  if (data.length < 5) return { odd: 'ends before what it announces' };
  const [low = 0, high = 0, typeLow = 0, typeHigh = 0, set = 0] = data;
  const code = (a: number, b: number): string => hex([(b << 8) | a]);
  return { property: code(low, high), type: code(typeLow, typeHigh), may_be_set: set === 1 };
}

/** Of a description whose type is a whole number everything is numbers. */
function descriptionBytes(data: Uint8Array): number {
  const [, , low = 0, high = 0] = data;
  const isNumber = high === 0 && low >= 1 && low <= NUMBER_TYPES;
  return Math.min(data.length, isNumber ? BATTERY_BYTES_MAX : 5);
}

function hex(codes: Iterable<number>): string {
  return [...codes].map((code) => code.toString(16).padStart(4, '0')).join(' ');
}

function serialIn(data: Uint8Array): string {
  try {
    return parseDeviceInfo(data).serial;
  } catch (error) {
    if (isDatasetError(error)) return '';
    throw error;
  }
}

/** A walk over a copy of a dataset. Behind an end that comes too early everything is zero. */
class Patch {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#bytes = Uint8Array.from(data);
    this.#view = new DataView(this.#bytes.buffer);
  }

  skip(bytes: number): this {
    return this.#has(bytes) ? this.#go(bytes) : this;
  }

  /** A count of 32 bits and so many numbers. */
  array(elementBytes: number): this {
    if (!this.#has(4)) return this;
    const count = this.#view.getUint32(this.#at, true);
    this.#go(4);
    return this.#has(count * elementBytes) ? this.#go(count * elementBytes) : this;
  }

  u32(change: (value: number) => number): this {
    if (!this.#has(4)) return this;
    this.#view.setUint32(this.#at, change(this.#view.getUint32(this.#at, true)), true);
    return this.#go(4);
  }

  /** A count of UTF-16 units, then the units. What follows the first zero is zero or an x. */
  text(change: Change): this {
    if (this.#at === this.#bytes.length || !this.#has(1)) return this;
    const units = this.#view.getUint8(this.#at);
    this.#go(1);
    if (!this.#has(2 * units)) return this;
    const codes = Array.from({ length: units }, (_, unit) => this.#view.getUint16(this.#at + 2 * unit, true));
    const end = codes.includes(0) ? codes.indexOf(0) : units;
    const text = change(String.fromCharCode(...codes.slice(0, end)));
    for (const [unit, code] of codes.entries()) {
      const other = unit < end ? text.charCodeAt(unit) : code === 0 ? 0 : 0x78;
      this.#view.setUint16(this.#at + 2 * unit, Number.isNaN(other) ? 0x78 : other, true);
    }
    return this.#go(2 * units);
  }

  /** Two values of so many bytes as zeros, and the kind of form behind them; nothing where there are none. */
  formOnly(valueBytes: number): this {
    if (valueBytes === 0 || !this.#has(2 * valueBytes + 1)) return this;
    this.#bytes.fill(0, this.#at, this.#at + 2 * valueBytes);
    return this.#go(2 * valueBytes + 1);
  }

  /** What follows is known to nobody. */
  end(): Uint8Array {
    this.#bytes.fill(0, this.#at);
    return this.#bytes;
  }

  #go(bytes: number): this {
    this.#at += bytes;
    return this;
  }

  #has(bytes: number): boolean {
    if (this.#at + bytes <= this.#bytes.length) return true;
    this.#bytes.fill(0, this.#at);
    this.#at = this.#bytes.length;
    return false;
  }
}

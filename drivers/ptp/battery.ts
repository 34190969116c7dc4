// How full a camera's battery is: device property 0x5001 with its description, which alone tells the scale. Pure.
// Source: ISO 15740:2013, BatteryLevel (lowest value of the form: no power, highest: full, 0: may run on other power), DevicePropDesc and
// data type codes; MTP 1.1 appendix C.
import { DataReader, isDatasetError } from './data-reader.ts';

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

// What the operations of the responder answer when nothing is wrong.
import type { ClockSetting } from '../../../drivers/driver.ts';
import type { MemoryCamera } from '../memory-camera.ts';
import { DataWriter, deviceInfo, ids, objectInfo, storageInfo } from './encode.ts';
import type { Answer } from './misdeeds.ts';
import type { PtpObject, PtpObjects } from './objects.ts';

/** The store with the files; others are empty. */
export const FILES_STORE = 0x00010001;
const OK = 0x2001;
const FOLDER = 0x3001;
const FILE = 0x300b;
const BATTERY = 0x5001;
const CLOCK = 0x5011;
const UNIX_CLOCK = 0xd034;
const OWNER = 0xd402;
const OWNER_NUMBER = 0xd403;
/** Type of a text. */
const TEXT = 0xffff;
const DAWN = '20261120T060000';
const CLOCK_ANSWERS: Readonly<Record<ClockSetting, number>> = {
  set: OK,
  refused: 0x200f,
  'not-supported': 0x200a,
};
const STREAM_BYTES = 256 * 1024;
const CARD_BYTES = 32n * 1024n ** 3n;

/** Property 0x5001: a byte, or a number of 16 bits; without a form nothing tells its scale. */
export interface BatteryWish {
  readonly value: number;
  readonly bits?: 8 | 16;
  readonly range?: readonly [least: number, most: number];
  readonly values?: readonly number[];
}

/** The family of responders; everything is offered unless left out. */
export interface ResponderWish {
  readonly without?: readonly number[];
  readonly identity?: { manufacturer?: string; model?: string; deviceVersion?: string; serial?: string };
  /** GetDeviceInfo outside of a session is refused. */
  readonly needsSession?: boolean;
  /** Root is asked for with 0. */
  readonly rootIsZero?: boolean;
  readonly batteryPercent?: number;
  /** The battery in the camera's own words, in place of `batteryPercent`. */
  readonly battery?: BatteryWish;
  /** The clock is Canon's vendor property 0xD034 (seconds in local time), and 0x5011 is not there. */
  readonly hasUnixClock?: boolean;
  /** Who it belongs to: a vendor's properties have it, as a text and as a number. */
  readonly owner?: string;
  /** What is put, removed, put in or taken out is told by an event. */
  readonly tellsEvents?: boolean;
}

const ALL = [
  0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1007, 0x1008, 0x1009, 0x100b, 0x1014, 0x1015, 0x1016, 0x101b,
  0x9803, 0x95c1,
];
const WITHOUT_SESSION = new Set([0x1001, 0x1002]);

export class Operations {
  readonly #camera: MemoryCamera;
  readonly #objects: PtpObjects;
  readonly #wish: ResponderWish;
  readonly #offered: readonly number[];
  #isOpen = false;
  /** Those that are in. */
  readonly stores = new Set([FILES_STORE]);

  constructor(camera: MemoryCamera, objects: PtpObjects, wish: ResponderWish) {
    this.#camera = camera;
    this.#objects = objects;
    this.#wish = wish;
    this.#offered = ALL.filter((code) => !(wish.without ?? []).includes(code));
  }

  closeSession(): void {
    this.#isOpen = false;
  }

  run(operation: number, given: readonly number[], dataOut: Uint8Array): Answer {
    if (!this.#offered.includes(operation)) return refuse(0x2005);
    const isFree =
      WITHOUT_SESSION.has(operation) && !(operation === 0x1001 && this.#wish.needsSession === true);
    if (!this.#isOpen && !isFree) return refuse(0x2003);
    const [first = 0, second = 0, third = 0, fourth = 0] = given;
    switch (operation) {
      case 0x1001:
        return give(this.#deviceInfo());
      case 0x1002:
        return this.#open();
      case 0x1003:
        this.#isOpen = false;
        return refuse(OK);
      case 0x1004:
        return give(ids([...this.stores]));
      case 0x1005:
        return this.stores.has(first)
          ? give(storageInfo(CARD_BYTES, CARD_BYTES / 2n, !this.#camera.isProtected))
          : refuse(0x2008);
      case 0x1007:
        return this.#handles(first, third);
      case 0x1014:
        return this.#describe(first);
      case 0x1015:
        return this.#property(first);
      case 0x1016:
        return this.#setProperty(first, dataOut);
      default:
        return this.#object(operation, first, second, third, fourth);
    }
  }

  #open(): Answer {
    if (this.#isOpen) return refuse(0x201e);
    this.#isOpen = true;
    return refuse(OK);
  }

  #deviceInfo(): Uint8Array {
    const properties = [
      ...(this.#battery === undefined ? [] : [BATTERY]),
      ...(this.#camera.clock === undefined ? [] : [this.#clockCode]),
      ...(this.#wish.owner === undefined ? [] : [OWNER, OWNER_NUMBER]),
    ];
    const identity = {
      manufacturer: 'Example',
      model: 'Bodycam',
      deviceVersion: '1.0',
      serial: 'PTP0001',
      ...this.#wish.identity,
    };
    return deviceInfo({ operations: this.#offered, properties, ...identity });
  }

  #handles(storage: number, parent: number): Answer {
    if (!this.stores.has(storage) && storage !== 0xffffffff) return refuse(0x2008);
    if (storage !== FILES_STORE && storage !== 0xffffffff) return give(ids([]));
    const isRoot = this.#wish.rootIsZero === true ? parent === 0 : parent === 0xffffffff;
    const all = [...this.#objects.all().values()];
    if (!isRoot && !all.some(({ handle, file, virtual }) => handle === parent && !file && !virtual))
      return refuse(0x201a);
    return give(ids(all.filter((each) => each.parent === (isRoot ? 0 : parent)).map(({ handle }) => handle)));
  }

  #object(operation: number, handle: number, second: number, third: number, fourth: number): Answer {
    const object = this.#objects.all().get(handle);
    if (object === undefined) return refuse(0x2009);
    if (!this.stores.has(FILES_STORE)) return refuse(0x2013);
    const isFolder = object.file === undefined && object.virtual === undefined;
    switch (operation) {
      case 0x1008:
        return give(this.#info(object, isFolder));
      case 0x9803:
        return second === 0xdc04
          ? give(new DataWriter().u64(BigInt(object.toldBytes)).bytes())
          : refuse(0xa80a);
      case 0x1009:
        return { code: OK, parameters: [], data: streamOf(object), sizeBytes: object.sizeBytes };
      case 0x101b:
        return partial(object, second, third);
      case 0x95c1:
        return partial(object, third * 2 ** 32 + second, fourth);
      default:
        return this.#erase(object, isFolder);
    }
  }

  #info(object: PtpObject, isFolder: boolean): Uint8Array {
    return objectInfo({
      storage: FILES_STORE,
      format: isFolder ? FOLDER : FILE,
      isProtected: object.file?.look.locked === true,
      sizeBytes32: Math.min(object.toldBytes, 0xffffffff),
      parent: object.parent,
      name: object.name,
      capturedAt: '',
      modifiedAt: object.modifiedAt,
    });
  }

  #erase(object: PtpObject, isFolder: boolean): Answer {
    if (isFolder) return refuse(0x2012);
    if (this.#camera.isProtected) return refuse(0x200e);
    if (object.file?.look.locked === true) return refuse(0x200d);
    if (object.file !== undefined) this.#camera.remove(object.file.path);
    else this.#objects.removeVirtual(this.#objects.pathOf(object.handle) ?? '');
    return refuse(OK);
  }

  get #battery(): BatteryWish | undefined {
    const { battery, batteryPercent: value } = this.#wish;
    return battery ?? (value === undefined ? undefined : { value, range: [0, 100] });
  }

  get #clockCode(): number {
    return this.#wish.hasUnixClock === true ? UNIX_CLOCK : CLOCK;
  }

  /** Of the battery, the clock, and a vendor's property. */
  #describe(property: number): Answer {
    const battery = this.#battery;
    const { owner } = this.#wish;
    if (property === CLOCK && this.#camera.clock !== undefined && this.#clockCode === CLOCK)
      return give(new DataWriter().u16(CLOCK).u16(TEXT).u8(1).string(DAWN).string(DAWN).u8(0).bytes());
    if (property === OWNER && owner !== undefined)
      return give(new DataWriter().u16(OWNER).u16(TEXT).u8(1).string('').string(owner).u8(0).bytes());
    if (property === OWNER_NUMBER && owner !== undefined)
      return give(new DataWriter().u16(OWNER_NUMBER).u16(6).u8(0).u32(0).u32(0x4b4a3737).u8(0).bytes());
    if (property !== BATTERY || battery === undefined) return refuse(0x200a);
    const { value, bits = 8, range, values } = battery;
    const writer = new DataWriter();
    const put = (number: number): DataWriter => (bits === 8 ? writer.u8(number) : writer.u16(number));
    writer
      .u16(BATTERY)
      .u16(bits === 8 ? 2 : 4)
      .u8(0);
    put(0);
    put(value);
    writer.u8(range !== undefined ? 1 : values !== undefined ? 2 : 0);
    if (range !== undefined) for (const number of [...range, 1]) put(number);
    else if (values !== undefined) {
      writer.u16(values.length);
      for (const number of values) put(number);
    }
    return give(writer.bytes());
  }

  #property(property: number): Answer {
    const battery = this.#battery;
    if (property === BATTERY && battery !== undefined) {
      const { value, bits = 8 } = battery;
      return give(bits === 8 ? Uint8Array.of(value) : new DataWriter().u16(value).bytes());
    }
    const time = property === this.#clockCode ? this.#camera.clock?.read() : undefined;
    if (time === undefined) return refuse(0x200a);
    if (property === UNIX_CLOCK) return give(new DataWriter().u32(time.claimedMs / 1000).bytes());
    const shownMs = time.claimedMs + (time.zoneMinutes ?? 0) * 60_000;
    const text = new Date(shownMs).toISOString().slice(0, 21).replaceAll(/[-:]/g, '');
    return give(new DataWriter().string(text + zoneText(time.zoneMinutes)).bytes());
  }

  #setProperty(property: number, dataOut: Uint8Array): Answer {
    const clock = property === this.#clockCode ? this.#camera.clock : undefined;
    if (clock === undefined) return refuse(0x200a);
    if (property === UNIX_CLOCK) {
      const localMs = Buffer.from(dataOut).readUInt32LE(0) * 1000;
      return refuse(CLOCK_ANSWERS[clock.set({ utcMs: localMs, localMs })]);
    }
    const text = Buffer.from(dataOut.subarray(1, -2)).toString('utf16le');
    const [, day = '', time = ''] = /^(\d{8})T(\d{6})/.exec(text) ?? [];
    const shown = Date.parse(
      `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`,
    );
    const zone = /([+-])(\d{2})(\d{2})$/.exec(text);
    const zoneMs =
      zone === null ? 0 : (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === '-' ? -1 : 1) * 60_000;
    return refuse(CLOCK_ANSWERS[clock.set({ utcMs: shown - zoneMs, localMs: shown })]);
  }
}

function zoneText(minutes: number | null): string {
  if (minutes === null) return '';
  const absolute = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(absolute / 60))}${two(absolute % 60)}`;
}

function give(data: Uint8Array): Answer {
  return { code: OK, parameters: [], data, sizeBytes: data.length };
}

function refuse(code: number): Answer {
  return { code, parameters: [], data: undefined, sizeBytes: 0 };
}

function partial(object: PtpObject, offset: number, wanted: number): Answer {
  const count = Math.max(0, Math.min(wanted, object.sizeBytes - offset));
  const data = bytesAt(object, offset, count);
  return { code: OK, parameters: [count], data, sizeBytes: data.length };
}

async function* streamOf(object: PtpObject): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < object.sizeBytes; at += STREAM_BYTES)
    yield bytesAt(object, at, Math.min(STREAM_BYTES, object.sizeBytes - at));
}

function bytesAt({ file, virtual }: PtpObject, offset: number, count: number): Uint8Array {
  if (virtual !== undefined) return virtual.bytesAt(offset, count);
  if (file === undefined) return new Uint8Array(0);
  if (!(file.content instanceof Uint8Array)) throw new Error('the responder holds files as bytes');
  return file.content.subarray(offset, offset + count);
}

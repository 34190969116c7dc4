// The questions that this driver asks a PTP camera, each with its bounds. What the answers mean for a docking is the driver's business.
import { DockError } from '../../protocol/format/errors.ts';
import { ALL_FORMATS, DEVICE_PROPERTY, HANDLE_ROOT, OBJECT_PROPERTY, OPERATION, RESPONSE } from './codes.ts';
import { assertOk, type PtpConversation, type PtpQuestion } from './conversation.ts';
import {
  DataReader,
  type DeviceInfo,
  type ObjectInfo,
  parseDeviceInfo,
  parseIds,
  parseObjectInfo,
  parseStorageInfo,
  percentOfDescription,
  percentOfValue,
  safeBytes,
  type StorageInfo,
} from './datasets.ts';
import type { PtpAnswer } from './pipe.ts';

/** Datasets are some hundred bytes; long texts and arrays of codes make them some thousand. */
const DATASET_BYTES_MAX = 64 * 1024;
const STORAGES_MAX = 64;
/** Of the property of a 64-bit size. */
const SIZE_BYTES = 8;
/** The property of a 64-bit size is asked for until the camera says that it has none. */
const NOT_KNOWN: ReadonlySet<number> = new Set([
  RESPONSE.operationNotSupported,
  RESPONSE.parameterNotSupported,
  0xa801, // MTP: invalid object property code
  0xa80a, // MTP: object property not supported
]);

export class PtpCommands {
  readonly #conversation: PtpConversation;
  #operations: ReadonlySet<number> = new Set();
  #properties: ReadonlySet<number> = new Set();
  #hasSizeProperty = true;
  #hasTextAfterEnd = false;

  constructor(conversation: PtpConversation) {
    this.#conversation = conversation;
  }

  /** Counts up when handles of before mean nothing any more. */
  get generation(): number {
    return this.#conversation.generation;
  }

  /** Errors: "driver.detached"; the signal's reason. */
  assertHere(signal: AbortSignal): void {
    this.#conversation.assertHere(signal);
  }

  /** True once a text of the camera went on after the zero that ends it: what followed was left out. */
  get hasTextAfterEnd(): boolean {
    return this.#hasTextAfterEnd;
  }

  /** True where the camera says that it has the device property. */
  names(property: number): boolean {
    return this.#properties.has(property);
  }

  /** A text out of a dataset. Errors: "driver.protocol". */
  textOf(reader: DataReader): string {
    const text = reader.string();
    this.#hasTextAfterEnd ||= reader.hasTextAfterEnd;
    return text;
  }

  /** True where the camera says that it knows the operation. */
  knows(operation: number): boolean {
    return this.#operations.has(operation);
  }

  /** Errors of all questions: those of PtpConversation; "ptp.response" with the code; "driver.protocol" for a dataset that makes no sense. */
  async deviceInfo(signal: AbortSignal): Promise<DeviceInfo> {
    const info = parseDeviceInfo(await this.#data({ operation: OPERATION.getDeviceInfo }, signal));
    this.#operations = info.operations;
    this.#properties = info.properties;
    this.#hasTextAfterEnd ||= info.hasTextAfterEnd;
    return info;
  }

  /** Ids of the storages that are there: an id whose lower half is 0 is an empty slot. */
  async storageIds(signal: AbortSignal): Promise<number[]> {
    const data = await this.#data({ operation: OPERATION.getStorageIds }, signal);
    return parseIds(data, 'list of storages', STORAGES_MAX).ids.filter((id) => (id & 0xffff) !== 0);
  }

  async storageInfo(storage: number, signal: AbortSignal): Promise<StorageInfo> {
    const question = { operation: OPERATION.getStorageInfo, parameters: [storage] };
    return parseStorageInfo(await this.#data(question, signal));
  }

  /**
   * Handles directly below a folder, or below the root of the storage; the first `countMax` of them. Undefined where the camera says OK and gives
   * no list: an empty one has its count.
   */
  async children(
    storage: number,
    folder: number | undefined,
    countMax: number,
    signal: AbortSignal,
  ): Promise<{ readonly ids: number[]; readonly isCut: boolean } | undefined> {
    const ask = (parent: number): Promise<PtpAnswer> => {
      const parameters = [storage, ALL_FORMATS, parent];
      const question = {
        operation: OPERATION.getObjectHandles,
        parameters,
        byHandle: folder !== undefined,
      };
      return this.#conversation.ask(question, 4 + 4 * countMax, signal);
    };
    const answer = await ask(folder ?? HANDLE_ROOT);
    if (folder !== undefined) return listIn(answer, countMax);
    // A camera that wants 0 for the root says so in one of these ways, or finds nothing below what it does not know: nothing is believed once more.
    if (answer.code === RESPONSE.invalidParentObject || answer.code === RESPONSE.invalidObjectHandle)
      return listIn(await ask(0), countMax);
    const list = listIn(answer, countMax);
    if (list !== undefined && list.ids.length > 0) return list;
    const other = await ask(0);
    const more = other.code === RESPONSE.ok ? listIn(other, countMax) : undefined;
    return more !== undefined && more.ids.length > 0 ? more : list;
  }

  async objectInfo(handle: number, signal: AbortSignal): Promise<ObjectInfo> {
    const question = { operation: OPERATION.getObjectInfo, parameters: [handle], byHandle: true };
    const info = parseObjectInfo(await this.#data(question, signal));
    this.#hasTextAfterEnd ||= info.hasTextAfterEnd;
    return info;
  }

  /** The 64-bit size, or undefined where the camera has none; null where it is no size that a recording can have. */
  async objectSize(handle: number, signal: AbortSignal): Promise<number | null | undefined> {
    if (!this.#hasSizeProperty || !this.knows(OPERATION.getObjectPropValue)) return undefined;
    const parameters = [handle, OBJECT_PROPERTY.size];
    const question = { operation: OPERATION.getObjectPropValue, parameters, byHandle: true };
    const answer = await this.#conversation.ask(question, DATASET_BYTES_MAX, signal);
    if (NOT_KNOWN.has(answer.code)) {
      this.#hasSizeProperty = false;
      return undefined;
    }
    assertOk(question.operation, answer);
    if (answer.data.length < SIZE_BYTES) return undefined; // MTP says 64 bits, some firmware says 32: the object's dataset tells as much
    return safeBytes(new DataReader(answer.data, 'size of an object').u64());
  }

  /**
   * Up to `lengthBytes` bytes from the offset: fewer at the end. `offset` needs 64 bits only where the camera knows the 64-bit operation.
   * The caller owns what it gets.
   */
  async partial(
    handle: number,
    offset: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const is64 = this.knows(OPERATION.getPartialObject64);
    const operation = is64 ? OPERATION.getPartialObject64 : OPERATION.getPartialObject;
    const low = offset % 2 ** 32;
    const parameters = is64
      ? [handle, low, Math.floor(offset / 2 ** 32), lengthBytes]
      : [handle, low, lengthBytes];
    const answer = await this.#conversation.ask(
      { operation, parameters, byHandle: true },
      lengthBytes,
      signal,
    );
    assertOk(operation, answer);
    const [count = answer.sizeBytes] = answer.parameters;
    if (answer.sizeBytes > lengthBytes || count !== answer.sizeBytes)
      throw nonsense(`${answer.sizeBytes} bytes and calls them ${count}, asked were ${lengthBytes}`);
    return answer.data;
  }

  /** The whole object, listed with so many bytes, as it comes. Leaving it in the middle, or an error, loses step: call `recover`. */
  async *whole(
    handle: number,
    payloadBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const question = { operation: OPERATION.getObject, parameters: [handle], byHandle: true, payloadBytes };
    assertOk(question.operation, yield* this.#conversation.stream(question, signal));
  }

  recover(reason: unknown, signal: AbortSignal): Promise<void> {
    return this.#conversation.recover(reason, signal);
  }

  reopen(signal: AbortSignal): Promise<void> {
    return this.#conversation.reopen(signal);
  }

  /** The response's code. Never a folder, never "all": the caller has just looked at this one object. */
  async erase(handle: number, signal: AbortSignal): Promise<number> {
    if (handle === 0 || handle === 0xffffffff) throw new RangeError('this handle means every object');
    const question = {
      operation: OPERATION.deleteObject,
      parameters: [handle],
      changes: true,
      byHandle: true,
    };
    return (await this.#conversation.ask(question, 0, signal)).code;
  }

  /** Whole per cent, or null where the camera does not tell. The description is asked first: the value alone tells no scale. */
  async batteryPercent(signal: AbortSignal): Promise<number | null> {
    const described = await this.description(DEVICE_PROPERTY.batteryLevel, signal);
    const percent = described && percentOfDescription(described);
    if (percent !== undefined) return percent;
    const value = await this.property(DEVICE_PROPERTY.batteryLevel, signal);
    return value === undefined ? null : percentOfValue(value);
  }

  /** A device property's description as it came, or undefined where the camera gives none. */
  description(property: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#ofProperty(OPERATION.getDevicePropDesc, property, signal);
  }

  /** A device property's value as it came, or undefined where the camera has none that it tells. */
  property(property: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return this.#ofProperty(OPERATION.getDevicePropValue, property, signal);
  }

  /**
   * The response's code, or undefined where the camera does not know how. Asked only of a camera that names both operation and property:
   * one that is sent data which it does not expect may answer twice and be out of step (umtp-responder).
   */
  async setProperty(property: number, dataOut: Uint8Array, signal: AbortSignal): Promise<number | undefined> {
    this.assertHere(signal);
    if (!this.knows(OPERATION.setDevicePropValue) || !this.names(property)) return undefined;
    const parameters = [property];
    const question = { operation: OPERATION.setDevicePropValue, parameters, dataOut, changes: true };
    return (await this.#conversation.ask(question, 0, signal)).code;
  }

  async #ofProperty(
    operation: number,
    property: number,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    this.assertHere(signal);
    if (!this.knows(operation) || !this.names(property)) return undefined;
    const question = { operation, parameters: [property] };
    const answer = await this.#conversation.ask(question, DATASET_BYTES_MAX, signal);
    return answer.code === RESPONSE.ok ? answer.data : undefined;
  }

  async #data(question: PtpQuestion, signal: AbortSignal): Promise<Uint8Array> {
    const answer = await this.#conversation.ask(question, DATASET_BYTES_MAX, signal);
    assertOk(question.operation, answer);
    return answer.data;
  }
}

/** Errors: those of `assertOk`; "driver.protocol" for a list that is none. */
function listIn(
  answer: PtpAnswer,
  countMax: number,
): { readonly ids: number[]; readonly isCut: boolean } | undefined {
  assertOk(OPERATION.getObjectHandles, answer);
  return answer.data.length === 0 ? undefined : parseIds(answer.data, 'list of objects', countMax);
}

function nonsense(what: string): DockError {
  return new DockError('driver.protocol', `the camera sent ${what}`, { retry: 'later' });
}

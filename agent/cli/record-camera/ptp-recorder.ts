// Listens to a PTP camera's transport: every transaction that passes is a line of the file. It changes nothing that passes.
import { CONTAINER_HEADER_BYTES, CONTAINER_TYPE, LENGTH_UNKNOWN } from '../../../drivers/ptp/container.ts';
import type { OpenUsb } from '../../../drivers/usb/device.ts';
import type { UsbTransport } from '../../../drivers/usb/transport.ts';
import { concatBytes } from '../../../protocol/format/bytes.ts';
import type { Disguise } from './disguise.ts';
import { DATASET_BYTES_MAX, disguised, wordsOf } from './ptp-datasets.ts';
import type { RecordedLine, RecordedPtp } from './recorded-file.ts';

/** What the recorder of any kind stands on. `say` takes a line; `nowMs` is since the recording began. */
export interface RecorderDeps {
  readonly disguise: Disguise;
  readonly nowMs: () => number;
  readonly say: (line: RecordedLine) => void;
}

interface Open {
  readonly ms: number;
  readonly operation: number;
  readonly parameters: number[];
  readonly transfers: number[];
  readonly parts: Uint8Array[];
  cameBytes: number;
  sentBytes: number;
}

/** Transactions of one camera, over all its transports. */
export class PtpRecorder {
  readonly #deps: RecorderDeps;
  #open: Open | undefined;
  packetBytes = 0;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
  }

  /** Shape: as OpenUsb, of the same devices. */
  listening(openUsb: OpenUsb): OpenUsb {
    return async (device, interfaceNumber, signal) =>
      this.#listen(await openUsb(device, interfaceNumber, signal));
  }

  /** What was under way is a line, too. */
  end(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#deps.say(this.#lineOf(open));
  }

  #listen(transport: UsbTransport): UsbTransport {
    this.packetBytes = transport.packetBytes;
    return {
      packetBytes: transport.packetBytes,
      bulkOut: async (bytes, timeoutMs, signal) => {
        this.#sent(bytes);
        await transport.bulkOut(bytes, timeoutMs, signal);
      },
      bulkIn: async (bytesMax, timeoutMs, signal) => {
        const bytes = await transport.bulkIn(bytesMax, timeoutMs, signal);
        this.#came(bytes);
        return bytes;
      },
      controlOut: async (request, bytes, timeoutMs, signal) => {
        this.#note('control request out', request.request);
        await transport.controlOut(request, bytes, timeoutMs, signal);
      },
      controlIn: (request, bytesMax, timeoutMs, signal) => {
        this.#note('control request in', request.request);
        return transport.controlIn(request, bytesMax, timeoutMs, signal);
      },
      clearHalt: (pipe, signal) => {
        this.#note('halt cleared', pipe);
        return transport.clearHalt(pipe, signal);
      },
      reset: (signal) => {
        this.#note('usb reset');
        return transport.reset(signal);
      },
      onInterrupt: (handler) =>
        transport.onInterrupt((packet) => {
          this.#note('event', packet.length < 8 ? 'short' : code(packet[6] ?? 0, packet[7] ?? 0));
          handler(packet);
        }),
      onGone: (handler) =>
        transport.onGone((error) => {
          this.#note('camera left');
          handler(error);
        }),
      close: async () => {
        this.end();
        await transport.close();
      },
    };
  }

  #sent(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isCommand =
      bytes.length >= CONTAINER_HEADER_BYTES && view.getUint16(4, true) === CONTAINER_TYPE.command;
    if (!isCommand) {
      if (this.#open !== undefined) this.#open.sentBytes += bytes.length;
      return;
    }
    this.end();
    this.#open = {
      ms: this.#deps.nowMs(),
      operation: view.getUint16(6, true),
      parameters: parametersIn(bytes.subarray(CONTAINER_HEADER_BYTES)),
      transfers: [],
      parts: [],
      cameBytes: 0,
      sentBytes: 0,
    };
  }

  #came(bytes: Uint8Array): void {
    const open = this.#open;
    if (open === undefined) return this.#note('bytes that belong to nothing', bytes.length);
    open.transfers.push(bytes.length);
    open.cameBytes += bytes.length;
    // A piece of a file is handed on with its memory: what is kept is a copy.
    if (open.cameBytes <= DATASET_BYTES_MAX) open.parts.push(Uint8Array.from(bytes));
  }

  #lineOf({ ms, operation, parameters, transfers, parts, cameBytes, sentBytes }: Open): RecordedPtp {
    const line = {
      ms,
      operation: hex4(operation),
      parameters,
      ...(sentBytes > 0 && { sent_bytes: sentBytes }),
      transfers,
    };
    const found = cameBytes > DATASET_BYTES_MAX ? undefined : containersIn(concatBytes(parts));
    if (found === undefined) return { ...line, response: null, data_bytes: cameBytes };
    const { data, response, responseParameters } = found;
    const answered = { ...line, response: hex4(response), response_parameters: responseParameters };
    if (data === undefined) return answered;
    const shown = disguised(operation, parameters, data, this.#deps.disguise);
    if (shown === undefined) return { ...answered, data_bytes: data.length };
    const says = wordsOf(operation, shown);
    return { ...answered, data: Buffer.from(shown).toString('hex'), ...(says !== undefined && { says }) };
  }

  #note(note: string, value?: string | number): void {
    this.#deps.say({ ms: this.#deps.nowMs(), note, ...(value !== undefined && { value }) });
  }
}

/** Data and response of one transaction, or undefined where that is not what came. */
function containersIn(bytes: Uint8Array):
  | {
      readonly data: Uint8Array | undefined;
      readonly response: number;
      readonly responseParameters: number[];
    }
  | undefined {
  let data: Uint8Array | undefined;
  for (let at = 0; at + CONTAINER_HEADER_BYTES <= bytes.length;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const length = view.getUint32(0, true);
    const type = view.getUint16(4, true);
    if (length < CONTAINER_HEADER_BYTES || length === LENGTH_UNKNOWN || at + length > bytes.length)
      return undefined;
    const payload = bytes.subarray(at + CONTAINER_HEADER_BYTES, at + length);
    if (type === CONTAINER_TYPE.response)
      return { data, response: view.getUint16(6, true), responseParameters: parametersIn(payload) };
    if (type !== CONTAINER_TYPE.data || data !== undefined) return undefined;
    data = payload;
    at += length;
  }
  return undefined;
}

function parametersIn(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const count = Math.min(5, Math.floor(payload.length / 4));
  return Array.from({ length: count }, (_, at) => view.getUint32(4 * at, true));
}

function code(low: number, high: number): string {
  return hex4((high << 8) | low);
}

function hex4(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}

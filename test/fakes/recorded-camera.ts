// A camera played from a file that `bodydock record-camera` made: it answers each question as the recorded one did, in transfers of the same
// lengths, the last answer again where more is asked. What was left out comes as zeros.
import { mkdir, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RecordPorts } from '../../agent/cli/record-camera/record.ts';
import type {
  RecordedCamera,
  RecordedPtp,
  RecordedSmp,
} from '../../agent/cli/record-camera/recorded-file.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import type { Place } from '../../drivers/driver.ts';
import { consoleFraming, rawFraming } from '../../drivers/serial/smp/framing.ts';
import {
  encodePacket,
  parseHeader,
  parseMap,
  SMP_HEADER_BYTES,
  type SmpMap,
} from '../../drivers/serial/smp/packet.ts';
import type { UsbRequest } from '../../drivers/usb/transport.ts';
import { concatBytes } from '../../protocol/format/bytes.ts';
import { MemorySocket } from './memory-line.ts';
import { container, parameters } from './ptp/encode.ts';
import { UsbDock } from './usb/dock.ts';
import type { Wire, WiredDevice } from './usb/wire.ts';

const PORT = '1-1';
const NOT_SUPPORTED = 0x2005;

/** Where it is, and the ports that a driver finds it through. `folder`: an empty one of the test's, for cameras that are a folder. */
export async function playedCamera(
  recorded: RecordedCamera,
  folder: string,
): Promise<{ readonly place: Place; readonly ports: RecordPorts }> {
  const clock = nodeClock();
  const { head } = recorded;
  const dock = new UsbDock(clock, head.usb?.packet_bytes);
  const socket = new MemorySocket();
  const ports = { clock, devices: dock.devices, openUsb: dock.openUsb, openLine: socket.openLine };
  if (head.kind === 'folder') {
    await plant(recorded, folder);
    return { place: { kind: 'folder', path: folder }, ports };
  }
  if (head.kind === 'smp') {
    const { baud = 115_200, framing = 'console' } = head.line ?? {};
    playSerial(recorded.smp, socket, framing);
    return { place: { kind: 'serial', path: 'port', baud, framing }, ports };
  }
  const { usb } = head;
  if (usb === undefined) throw new Error('a PTP camera without its USB facts');
  dock.plug(PORT, new PlayedPtp(recorded.ptp), {
    vendorId: usb.vendor_id,
    productId: usb.product_id,
    vendor: usb.vendor,
    product: usb.product,
    serial: usb.serial,
    interfaces: usb.interfaces.map(([number = 0, classCode = 0, subclassCode = 0, protocolCode = 0]) => ({
      number,
      classCode,
      subclassCode,
      protocolCode,
      name: null,
    })),
  });
  return { place: { kind: 'usb', path: PORT }, ports };
}

/** Answers by question, each in its order. */
class Answers<T> {
  readonly #left = new Map<string, T[]>();

  put(question: string, answer: T): void {
    this.#left.set(question, [...(this.#left.get(question) ?? []), answer]);
  }

  next(question: string): T | undefined {
    const left = this.#left.get(question);
    return left === undefined || left.length < 2 ? left?.[0] : left.shift();
  }
}

class PlayedPtp implements WiredDevice {
  readonly #answers = new Answers<RecordedPtp>();

  constructor(lines: readonly RecordedPtp[]) {
    for (const line of lines) this.#answers.put(questionOf(Number(line.operation), line.parameters), line);
  }

  out(bytes: Uint8Array, wire: Wire): 'taken' {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 12 || view.getUint16(4, true) !== 1) return 'taken';
    const [operation, transaction] = [view.getUint16(6, true), view.getUint32(8, true)];
    const asked = Array.from({ length: (bytes.length - 12) / 4 }, (_, at) =>
      view.getUint32(12 + 4 * at, true),
    );
    const answer = this.#answers.next(questionOf(operation, asked));
    if (answer === undefined) wire.send(container(3, NOT_SUPPORTED, transaction, new Uint8Array(0)));
    else if (answer.response !== null) this.#send(operation, transaction, answer, wire);
    return 'taken';
  }

  control({ request }: UsbRequest): Uint8Array {
    return request === 0x67 ? Uint8Array.of(4, 0, 0x01, 0x20) : new Uint8Array(0);
  }

  reset(): void {
    // It goes on where it was.
  }

  #send(operation: number, transaction: number, answer: RecordedPtp, wire: Wire): void {
    const { data, data_bytes: leftOut, response_parameters: given = [], transfers } = answer;
    const payload = data === undefined ? leftOut && new Uint8Array(leftOut) : Buffer.from(data, 'hex');
    const response = container(3, Number(answer.response), transaction, parameters(given));
    const parts =
      payload === undefined ? [] : [container(2, operation, transaction, Uint8Array.from(payload || []))];
    const whole = concatBytes([...parts, response]);
    if (transfers.reduce((sum, length) => sum + length, 0) !== whole.length)
      throw new Error('the lengths of the transfers are not those of what came in them');
    let at = 0;
    for (const length of transfers) wire.send(whole.subarray(at, (at += length)), { cut: true });
  }
}

function questionOf(operation: number, asked: readonly number[]): string {
  return [operation, ...asked].join(' ');
}

function playSerial(lines: readonly RecordedSmp[], socket: MemorySocket, framing: 'console' | 'raw'): void {
  const framed = framing === 'raw' ? rawFraming : consoleFraming;
  const question = (group: number, command: number, op: string, map: unknown): string =>
    `${group} ${command} ${op} ${JSON.stringify(map)}`;
  const answers = new Answers<RecordedSmp>();
  for (const line of lines) answers.put(question(line.group, line.command, line.op, line.request), line);
  const deframer = framed.deframer('requests');
  socket.end.onBytes = (bytes) => {
    for (const packet of deframer.push(bytes, 0)) {
      const header = parseHeader(packet);
      if (header === undefined) continue;
      const map = parseMap(packet.subarray(SMP_HEADER_BYTES));
      const line = answers.next(question(header.group, header.command, header.op, map));
      const answer = line === undefined ? { rc: 8 } : line.answer;
      if (answer === null) continue;
      const op = header.op === 'write' ? 'write-answer' : 'read-answer';
      void socket.end.write(framed.frame(encodePacket({ ...header, op }, bytesBack(answer) as SmpMap)));
    }
  };
}

/** Bytes that were left out are zeros. */
function bytesBack(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bytesBack);
  if (typeof value !== 'object' || value === null) return value;
  if ('left_out_bytes' in value) return new Uint8Array(Number(value.left_out_bytes));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, bytesBack(each)]));
}

/** Files of the same length, without a byte on the disk. */
async function plant({ entries }: RecordedCamera, folder: string): Promise<void> {
  for (const { path, kind, size_bytes: sizeBytes, modified_at: modifiedAt } of entries) {
    const at = join(folder, path);
    await mkdir(dirname(at), { recursive: true });
    if (kind === 'not-a-file') await symlink('nowhere', at);
    else {
      await writeFile(at, '');
      await truncate(at, sizeBytes);
      if (modifiedAt !== null) await utimes(at, new Date(modifiedAt), new Date(modifiedAt));
    }
  }
}

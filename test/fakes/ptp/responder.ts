// A PTP/MTP responder that speaks real bytes over a wire in memory, with a camera in memory behind it, and switches for what it does wrong.
import type { MemoryCamera } from '../memory-camera.ts';
import type { UsbRequest } from '../../../drivers/usb/transport.ts';
import { pointTried } from '../points.ts';
import type { Wire, WiredDevice } from '../usb/wire.ts';
import { container, parameters } from './encode.ts';
import type { Answer, PtpMisdeeds } from './misdeeds.ts';
import { PtpObjects } from './objects.ts';
import { Operations, type ResponderWish } from './operations.ts';

const TYPE_COMMAND = 1;
const TYPE_DATA = 2;
const TYPE_RESPONSE = 3;
const TYPE_EVENT = 4;
const DATA_OUT = new Set([0x1016]);
/** Data goes out in parts of this size. */
const SEND_BYTES = 256 * 1024;

export class PtpResponder implements WiredDevice {
  readonly camera: MemoryCamera;
  readonly objects: PtpObjects;
  readonly misdeeds: PtpMisdeeds = {};
  readonly #operations: Operations;
  #command: { operation: number; transaction: number; parameters: number[] } | undefined;
  /** Steps of the wire up to now, and parts of answers that were sent. */
  steps = 0;
  sends = 0;
  #answering = 0;
  #status = 0x2001;
  #wire: Wire | undefined;
  readonly #tellsEvents: boolean;
  /** Operations in the order in which they came. */
  readonly asked: number[] = [];

  constructor(camera: MemoryCamera, wish: ResponderWish = {}) {
    this.camera = camera;
    this.objects = new PtpObjects(camera);
    this.#operations = new Operations(camera, this.objects, wish);
    this.#tellsEvents = wish.tellsEvents === true;
  }

  /** Number of the transaction that came last. */
  get transaction(): number {
    return this.#command?.transaction ?? 0;
  }

  /** Stores that are in. */
  get stores(): ReadonlySet<number> {
    return this.#operations.stores;
  }

  /** One more store, or one that was taken out. */
  putIn(store: number): void {
    this.#operations.stores.add(store);
    if (this.#tellsEvents) this.say(0x4004, [store]);
  }

  takeOut(store: number): void {
    this.#operations.stores.delete(store);
    if (this.#tellsEvents) this.say(0x4005, [store]);
  }

  /** The camera finishes a file. */
  put(path: string, bytes: Uint8Array): void {
    this.camera.put(path, bytes);
    if (this.#tellsEvents) this.say(0x4002, [[...this.objects.all().keys()].at(-1) ?? 0]);
  }

  /** An event, over the wire that was used last. */
  say(code: number, given: readonly number[] = [], transaction = 0xffffffff): void {
    this.sayBytes(container(TYPE_EVENT, code, transaction, parameters(given)));
  }

  /** One packet of the interrupt pipe, whatever is in it. */
  sayBytes(packet: Uint8Array): void {
    this.#wire?.interrupt(packet);
  }

  async out(bytes: Uint8Array, wire: Wire): Promise<'taken' | 'stall'> {
    this.#wire = wire;
    if (this.#step(wire) === 'pulled') return 'taken';
    if (bytes.length < 12) return this.#command === undefined ? 'stall' : 'taken';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const type = view.getUint16(4, true);
    if (type === TYPE_COMMAND) {
      const given = Array.from({ length: (bytes.length - 12) / 4 }, (_, at) =>
        view.getUint32(12 + 4 * at, true),
      );
      this.#command = {
        operation: view.getUint16(6, true),
        transaction: view.getUint32(8, true),
        parameters: given,
      };
      this.asked.push(this.#command.operation);
      if (DATA_OUT.has(this.#command.operation)) return 'taken';
    } else if (type !== TYPE_DATA || this.#command === undefined) return 'stall';
    const { operation, transaction } = this.#command;
    const answer =
      this.misdeeds.onlySays?.(operation) === true
        ? { code: 0x2001, parameters: [], data: undefined, sizeBytes: 0 }
        : this.#operations.run(operation, this.#command.parameters, bytes.subarray(12));
    this.misdeeds.change?.(operation, answer, this.#command.parameters);
    void this.#answer(operation, transaction, answer, wire);
    return 'taken';
  }

  control(request: UsbRequest, data: Uint8Array | number, wire: Wire): Uint8Array | 'stall' {
    if (this.#step(wire) === 'pulled') return new Uint8Array(0);
    if (request.type !== 'class' || this.misdeeds.refusesClassRequests === true) return 'stall';
    if (request.request === 0x64 || request.request === 0x66) this.#forget(wire);
    if (request.request === 0x66) this.#operations.closeSession();
    if (request.request !== 0x67 || typeof data !== 'number') return new Uint8Array(0);
    return Uint8Array.of(4, 0, this.#status & 0xff, this.#status >> 8);
  }

  /** Device status, as class request 0x67 tells it. */
  set status(code: number) {
    this.#status = code;
  }

  reset(wire: Wire): void {
    this.#forget(wire);
    this.#operations.closeSession();
    if (this.misdeeds.renumbersOnReset === true) this.objects.renumber();
  }

  /** It restarted on its own: the session is gone, and handles are others. */
  restart(): void {
    this.#operations.closeSession();
    this.objects.renumber();
  }

  /** An answer that is under way is given up. */
  #forget(wire: Wire): void {
    this.#answering++;
    this.#command = undefined;
    wire.flush();
  }

  #send(wire: Wire, bytes: Uint8Array, how: { zlp?: boolean; cut?: boolean } = {}): void {
    if (this.misdeeds.pullAtSend === this.sends++) return this.#pull(wire);
    wire.send(this.misdeeds.mangle?.(bytes) ?? bytes, how);
  }

  #pull(wire: Wire): void {
    wire.pull();
    pointTried();
    this.misdeeds.pulled?.();
  }

  #step(wire: Wire): 'pulled' | 'on' {
    if (this.misdeeds.pullAtStep !== this.steps++) return 'on';
    this.#pull(wire);
    return 'pulled';
  }

  async #answer(operation: number, transaction: number, answer: Answer, wire: Wire): Promise<void> {
    const turn = ++this.#answering;
    if (this.misdeeds.silentAt?.(operation) === true) return;
    const raw = this.misdeeds.raw?.(operation, transaction);
    if (raw !== undefined) return this.#send(wire, raw);
    if (this.misdeeds.leavesZlp === true) this.#send(wire, new Uint8Array(0));
    const response = container(TYPE_RESPONSE, answer.code, transaction, parameters(answer.parameters));
    const tail = await this.#data(operation, transaction, answer, wire, turn);
    if (turn !== this.#answering || tail === 'stopped') return;
    if (tail === undefined) return this.#send(wire, response);
    if (this.misdeeds.joinsResponse === true) return this.#send(wire, Buffer.concat([tail, response]));
    this.#send(wire, tail, { zlp: this.misdeeds.endsWithZlp === true });
    this.#send(wire, response);
  }

  /** All of the data phase but its last part, which may leave together with the response. */
  async #data(
    operation: number,
    transaction: number,
    { data, sizeBytes }: Answer,
    wire: Wire,
    turn: number,
  ): Promise<Uint8Array | undefined | 'stopped'> {
    if (data === undefined) return undefined;
    const length = this.misdeeds.hidesLength === true ? 0xffffffff : 12 + sizeBytes;
    let held: Uint8Array = container(TYPE_DATA, operation, transaction, new Uint8Array(0), length);
    if (this.misdeeds.splitsHeader === true) {
      this.#send(wire, held, { cut: true });
      held = new Uint8Array(0);
    }
    let sent = 0;
    for await (const part of partsOf(data)) {
      if (turn !== this.#answering) return 'stopped';
      sent += part.length;
      const { stopsAfterBytes = Infinity, pullAfterBytes = Infinity } = this.misdeeds;
      const limit = Math.min(stopsAfterBytes, pullAfterBytes);
      const whole = Buffer.concat([held, part]);
      if (sent > limit) {
        this.#send(wire, roundDown(whole, wire.packetBytes));
        if (pullAfterBytes === limit) this.#pull(wire);
        return 'stopped';
      }
      const ready = roundDown(whole.subarray(0, whole.length - 1), wire.packetBytes);
      if (ready.length > 0) this.#send(wire, ready);
      held = whole.subarray(ready.length);
    }
    return held;
  }
}

async function* partsOf(data: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!(data instanceof Uint8Array)) yield* data;
  else for (let at = 0; at < data.length; at += SEND_BYTES) yield data.subarray(at, at + SEND_BYTES);
}

function roundDown(bytes: Uint8Array, step: number): Uint8Array {
  return bytes.subarray(0, Math.max(0, bytes.length - (bytes.length % step)));
}

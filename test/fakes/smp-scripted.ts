// A serial camera whose every answer a test writes itself: what no simulated camera would say.
import { consoleFraming } from '../../drivers/serial/smp/framing.ts';
import {
  encodePacket,
  packetOf,
  parseHeader,
  parseMap,
  SMP_HEADER_BYTES,
  type SmpHeader,
  type SmpMap,
} from '../../drivers/serial/smp/packet.ts';
import { MemorySocket } from './memory-line.ts';

/** A request as the camera sees it, and ways to answer it. */
export interface ScriptedRequest {
  readonly header: SmpHeader;
  readonly map: SmpMap;
  readonly bytes: number;
  /** Sends an answer; `change` makes it another request's. */
  answer(map: SmpMap, change?: Partial<SmpHeader>): void;
  /** Sends CBOR as it is. */
  answerCbor(data: Uint8Array): void;
}

/** Calls `script` for each request, on the console. */
export function scriptedCamera(script: (request: ScriptedRequest) => void): MemorySocket {
  const socket = new MemorySocket();
  const deframer = consoleFraming.deframer('requests');
  const send = (packet: Uint8Array): void => void socket.end.write(consoleFraming.frame(packet));
  socket.end.onBytes = (bytes) => {
    for (const packet of deframer.push(bytes, 0)) {
      const header = parseHeader(packet);
      if (header === undefined) continue;
      const answerHeader = { ...header, op: header.op === 'read' ? 'read-answer' : 'write-answer' } as const;
      script({
        header,
        map: parseMap(packet.subarray(SMP_HEADER_BYTES)),
        bytes: packet.length,
        answer: (map, change = {}) => send(encodePacket({ ...answerHeader, ...change }, map)),
        answerCbor: (data) => send(packetOf(answerHeader, data)),
      });
    }
  };
  return socket;
}

// Packets on the line: whole, cut at every byte, between noise, damaged, and from a fuzzer.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  consoleFraming,
  crc16,
  rawFraming,
  type SmpFraming,
} from '../../../../../drivers/serial/smp/framing.ts';
import { encodePacket, SMP_PACKET_BYTES_MAX } from '../../../../../drivers/serial/smp/packet.ts';
import { concatBytes, encodeUtf8, equalBytes } from '../../../../../protocol/format/bytes.ts';

function answer(sequence: number, bytes: number): Uint8Array {
  const data = Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + sequence) & 0xff);
  return encodePacket({ version: 1, op: 'read-answer', group: 8, sequence, command: 0 }, { off: 0, data });
}

function deframe(framing: SmpFraming, ...pieces: readonly Uint8Array[]): Uint8Array[] {
  const deframer = framing.deframer('answers');
  return pieces.flatMap((piece) => deframer.push(piece, 0));
}

test('the CRC of the check text is the published one', () => {
  expect(crc16(encodeUtf8('123456789'))).toBe(0x31c3);
});

test('a console frame has the bytes of the transport specification', () => {
  // echo "a": header 0a 00 0005 0000 2a 00 (v2, write), map {"d": "a"} = a1 61 64 61 61; length 15, CRC by an independent computation
  const packet = Uint8Array.of(0x0a, 0, 0, 5, 0, 0, 0x2a, 0, 0xa1, 0x61, 0x64, 0x61, 0x61);
  expect(encodePacket({ version: 1, op: 'write', group: 0, sequence: 0x2a, command: 0 }, { d: 'a' })).toEqual(
    packet,
  );
  const crc = bitwiseCrc(packet);
  const coded = Buffer.from([0, 15, ...packet, crc >> 8, crc & 0xff]).toString('base64');
  expect(Buffer.from(consoleFraming.frame(packet)).toString('latin1')).toBe(`\u0006\t${coded}\n`);
});

/** The definition, bit by bit, as a witness against the table. */
function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const top = ((crc >> 15) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0xffff) ^ (top === 1 ? 0x1021 : 0);
    }
  return crc;
}

describe.each([consoleFraming, rawFraming])('$name framing', (framing) => {
  const packets = [answer(1, 0), answer(2, 90), answer(3, 91), answer(4, 600)];
  const line = concatBytes(packets.map((packet) => framing.frame(packet)));

  test('packets come whole in one piece, byte by byte, and cut in two at every byte', () => {
    expect(deframe(framing, line)).toEqual(packets);
    expect(deframe(framing, ...Array.from(line, (byte) => Uint8Array.of(byte)))).toEqual(packets);
    const whole = concatBytes(packets);
    for (let cut = 0; cut <= line.length; cut++) {
      const found = deframe(framing, line.subarray(0, cut), line.subarray(cut));
      expect(equalBytes(concatBytes(found), whole), `cut at ${cut}`).toBe(true);
    }
  });

  test('whatever comes never throws, holds bounded memory, and a good packet behind it is found', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 12 }), (noise) => {
        const deframer = framing.deframer('answers');
        for (const piece of noise)
          for (const packet of deframer.push(piece, 0))
            expect(packet.length).toBeLessThanOrEqual(SMP_PACKET_BYTES_MAX);
        const good = answer(9, 40);
        const found = [...deframer.push(Uint8Array.of(10), 0), ...deframer.push(framing.frame(good), 1000)];
        expect(found.at(-1)).toEqual(good);
      }),
      { numRuns: 300 },
    );
  });

  test('a megabyte without an end is skipped and counted', () => {
    const deframer = framing.deframer('answers');
    for (let at = 0; at < 1024; at++) expect(deframer.push(new Uint8Array(1024).fill(0xff), at)).toEqual([]);
    expect(deframer.noiseBytes).toBeGreaterThan(1_000_000);
    expect(deframer.push(concatBytes([Uint8Array.of(10), framing.frame(answer(1, 5))]), 5000)).toEqual([
      answer(1, 5),
    ]);
  });
});

test('boot text, a shell and half a line do not hide a packet on the console', () => {
  const packet = answer(5, 300);
  const frame = consoleFraming.frame(packet);
  const boot = encodeUtf8('*** Booting Zephyr OS ***\r\nuart:~$ ');
  expect(deframe(consoleFraming, concatBytes([boot, frame, boot]))).toEqual([packet]);
});

test('a flipped bit in any byte of a console frame gives no wrong packet', () => {
  const packet = answer(6, 60);
  const frame = consoleFraming.frame(packet);
  for (let at = 0; at < frame.length; at++)
    for (const bit of [0, 3, 6]) {
      const damaged = Uint8Array.from(frame);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
      const found = deframe(consoleFraming, damaged, Uint8Array.of(10));
      expect(found.every((each) => Buffer.compare(each, packet) === 0)).toBe(true);
    }
});

test('a first line drops what an earlier packet left unfinished, and says so', () => {
  const long = consoleFraming.frame(answer(7, 500));
  const deframer = consoleFraming.deframer('answers');
  const firstLine = long.subarray(0, long.indexOf(10) + 1);
  expect(deframer.push(concatBytes([firstLine, consoleFraming.frame(answer(8, 5))]), 0)).toEqual([
    answer(8, 5),
  ]);
  expect(deframer.damaged).toBe(1);
});

test('a raw packet that does not go on is dropped behind the pause', () => {
  const deframer = rawFraming.deframer('answers');
  const packet = answer(1, 100);
  expect(deframer.push(packet.subarray(0, 50), 0)).toEqual([]);
  expect(deframer.push(packet, 600)).toEqual([packet]);
  expect(deframer.damaged).toBe(1);
});

test('a station takes no requests for answers, a camera no answers for requests', () => {
  const request = encodePacket({ version: 1, op: 'read', group: 0, sequence: 1, command: 0 }, {});
  expect(rawFraming.deframer('answers').push(request, 0)).toEqual([]);
  expect(rawFraming.deframer('requests').push(request, 0)).toEqual([request]);
});

import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import {
  type GuardOptions,
  InboundGuard,
  type SkippedMessage,
} from '../../../agent/platform/inbound-guard.ts';
import { message, packet } from '../../fakes/broker-scripted.ts';

const KIB = 1024;
const PACKET_BYTES_MAX = 300;

interface Watched {
  readonly guard: InboundGuard;
  readonly forwarded: () => Buffer;
  /** What was put together, and the memory that it lay in. */
  readonly messages: (readonly [topic: string, payload: Buffer])[];
  readonly memories: ArrayBufferLike[];
  readonly skipped: SkippedMessage[];
  readonly violations: string[];
}

interface WatchedOptions extends Partial<GuardOptions> {
  /** Whether what was put together is taken, or to be forwarded all the same. */
  readonly takes?: boolean;
}

function watched(options: WatchedOptions = {}): Watched {
  const { packetBytesMax = PACKET_BYTES_MAX, version = 4, takes = true } = options;
  const pieces: Buffer[] = [];
  const messages: (readonly [string, Buffer])[] = [];
  const memories: ArrayBufferLike[] = [];
  const skipped: SkippedMessage[] = [];
  const violations: string[] = [];
  const guard = new InboundGuard(
    { packetBytesMax, version },
    {
      forward: (piece) => pieces.push(Buffer.from(piece)),
      message: (topic, payload) => {
        messages.push([topic, Buffer.from(payload)]);
        memories.push(payload.buffer);
        return takes;
      },
      skipped: (found) => skipped.push(found),
      violated: (detail) => violations.push(detail),
    },
  );
  return { guard, forwarded: () => Buffer.concat(pieces), messages, memories, skipped, violations };
}

/** A message with a chosen payload size; QoS 1 where it has a packet id. */
const messages = fc.record({
  topic: fc.string({ minLength: 1, maxLength: 40 }),
  size: fc.oneof(fc.nat(20), fc.nat(400), fc.nat(40_000)),
  packetId: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
});
const others = fc.constantFrom(
  packet(13, Buffer.alloc(0)),
  packet(4, Buffer.from([0, 9])),
  packet(9, Buffer.from([0, 1, 1])),
  packet(14, Buffer.from([0x8b, 0])),
  packet(9, Buffer.alloc(500, 1)),
);

describe('the guard before the parser', () => {
  test('takes out whole messages that are too long, and nothing else, however the bytes are split', () => {
    const packets = fc.array(fc.oneof(messages, others), { maxLength: 12 });
    const cuts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(packets, cuts, (list, sizes) => {
        const seen = watched();
        const kept: Buffer[] = [];
        const wanted: SkippedMessage[] = [];
        const all = list.map((entry) => {
          if (Buffer.isBuffer(entry)) {
            kept.push(entry);
            return entry;
          }
          const { packetId } = entry;
          const bytes = message(
            entry.topic,
            Buffer.alloc(entry.size, 5),
            packetId === undefined ? {} : { packetId },
          );
          if (bytes.length <= PACKET_BYTES_MAX) kept.push(bytes);
          else wanted.push({ sizeBytes: bytes.length, packetId });
          return bytes;
        });
        feed(seen.guard, Buffer.concat(all), sizes);
        assert.deepEqual(seen.violations, []);
        assert.deepEqual(seen.skipped, wanted);
        assert.ok(seen.forwarded().equals(Buffer.concat(kept)));
      }),
      { numRuns: 300 },
    );
  });

  test('keeps nothing of a message of 256 MB', () => {
    const seen = watched();
    const piece = Buffer.alloc(1024 * 1024);
    const size = 256 * piece.length - 1;
    const head = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]);
    const before = process.memoryUsage().arrayBuffers;
    seen.guard.pass(head);
    for (let left = size - 3; left > 0; left -= piece.length) {
      seen.guard.pass(piece.subarray(0, Math.min(left, piece.length)));
    }
    assert.equal(seen.forwarded().length, 0);
    assert.ok(process.memoryUsage().arrayBuffers - before < 3 * piece.length);
    assert.deepEqual(seen.skipped, [{ sizeBytes: 256 * 1024 * 1024 - 1 + 5, packetId: undefined }]);
    seen.guard.pass(packet(13, Buffer.alloc(0)));
    assert.deepEqual([...seen.forwarded()], [0xd0, 0]);
  });

  test.each([4, 5] as const)(
    'MQTT %d: puts long messages of QoS 0 together whole and in order, lets all others through, however the bytes are split',
    (version) => {
      const v5 = version === 5;
      const entry = fc.record({
        topic: fc.string({ minLength: 1, maxLength: 40 }),
        size: fc.oneof(fc.nat(20), fc.integer({ min: 3 * KIB, max: 5 * KIB }), fc.nat(90 * KIB)),
        packetId: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined, freq: 1 }),
        retain: fc.boolean(),
      });
      const cuts = fc.array(fc.integer({ min: 1, max: 80 * KIB }), { minLength: 1, maxLength: 20 });
      let gatheredOfAll = 0;
      fc.assert(
        fc.property(fc.array(fc.oneof(entry, others), { maxLength: 10 }), cuts, (list, sizes) => {
          const seen = watched({ packetBytesMax: 100 * KIB, version });
          const wanted: (readonly [string, Buffer])[] = [];
          const kept: Buffer[] = [];
          const all = list.map((one, at) => {
            if (Buffer.isBuffer(one)) {
              kept.push(one);
              return one;
            }
            const payload = Buffer.alloc(one.size, at + 1);
            const { packetId, retain, topic } = one;
            const bytes = message(topic, payload, {
              v5,
              retain,
              ...(packetId === undefined ? {} : { packetId }),
            });
            // 4 KiB with the fixed header are long.
            if (packetId === undefined && !retain && bytes.length >= 4 * KIB) {
              wanted.push([Buffer.from(topic).toString(), payload]);
            } else {
              kept.push(bytes);
            }
            return bytes;
          });
          feed(seen.guard, Buffer.concat(all), sizes);
          assert.deepEqual([seen.skipped, seen.violations], [[], []]);
          assert.deepEqual(seen.messages, wanted);
          assert.ok(seen.forwarded().equals(Buffer.concat(kept)));
          gatheredOfAll += seen.messages.length;
        }),
        { numRuns: 200 },
      );
      assert.ok(gatheredOfAll > 50);
    },
  );

  test('leaves a long message with properties, without a topic or without room for properties to the parser, whole', () => {
    const payload = Buffer.alloc(20 * KIB, 7);
    const topic = Buffer.from([0, 1, 0x61]);
    const expiry = Buffer.from([5, 2, 0, 0, 0, 9]);
    const invalid = [
      packet(3, Buffer.concat([topic, expiry, payload])),
      packet(3, Buffer.concat([Buffer.from([0, 0, 3, 0x23, 0, 1]), payload])),
      packet(3, Buffer.concat([Buffer.from([0x50, 0x00]), Buffer.alloc(0x5000, 0x61)])),
    ];
    for (const bytes of invalid) {
      for (const size of [bytes.length, 1000]) {
        const seen = watched({ packetBytesMax: 100 * KIB, version: 5 });
        feed(seen.guard, bytes, [size]);
        assert.deepEqual([seen.messages, seen.skipped, seen.violations], [[], [], []]);
        assert.ok(seen.forwarded().equals(bytes));
      }
    }
  });

  test('hands a long message that is not taken to the parser, whole, with all behind it', () => {
    const seen = watched({ packetBytesMax: 100 * KIB, takes: false });
    const bytes = Buffer.concat([message('t', Buffer.alloc(60 * KIB, 1)), packet(13, Buffer.alloc(0))]);
    for (const size of [bytes.length, 7000]) feed(seen.guard, bytes, [size]);
    assert.equal(seen.messages.length, 2);
    assert.deepEqual([seen.skipped, seen.violations], [[], []]);
    assert.ok(seen.forwarded().equals(Buffer.concat([bytes, bytes])));
  });

  test('puts every message together in the same memory', () => {
    const seen = watched({ packetBytesMax: 100 * KIB });
    const bytes = message('t', Buffer.alloc(60 * KIB, 1));
    feed(seen.guard, Buffer.concat([bytes, bytes, bytes]), [7000]);
    assert.equal(seen.memories.length, 3);
    assert.equal(new Set(seen.memories).size, 1);
    assert.equal(seen.forwarded().length, 0);
  });

  const nonsense: readonly (readonly [string, Buffer])[] = [
    ['a CONNECT', packet(1, Buffer.alloc(10))],
    ['a SUBSCRIBE', packet(8, Buffer.alloc(10), 2)],
    ['a PINGREQ', packet(12, Buffer.alloc(0))],
    ['type 0', packet(0, Buffer.alloc(4))],
    ['an AUTH', packet(15, Buffer.alloc(4))],
    ['a message of QoS 2', packet(3, Buffer.from([0, 1, 0x61, 0, 1]), 4)],
    ['a message of QoS 3', packet(3, Buffer.from([0, 1, 0x61, 0, 1]), 6)],
    ['a length of five bytes', Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])],
    ['a SUBACK of 1 MB', packet(9, Buffer.alloc(1_000_000))],
    ['an empty message', packet(3, Buffer.alloc(0))],
    ['a message that ends inside its topic', packet(3, Buffer.from([0, 9, 0x61, 0x62]))],
    ['a message of QoS 1 that ends before its packet id', packet(3, Buffer.from([0, 1, 0x61]), 2)],
    ['text', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
  ];
  test.each(nonsense)('%s ends the connection, whole and byte by byte', (_name, bytes) => {
    for (const size of [bytes.length, 1]) {
      const seen = watched();
      feed(seen.guard, Buffer.concat([packet(13, Buffer.alloc(0)), bytes, packet(13, Buffer.alloc(0))]), [
        size,
      ]);
      assert.equal(seen.violations.length, 1);
      // What the parser got of it is not a whole packet.
      assert.ok(seen.forwarded().length < 2 + bytes.length);
    }
  });
});

/** Passes the bytes in pieces of the given sizes, over and over. */
function feed(guard: InboundGuard, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    guard.pass(bytes.subarray(at, at + size));
    at += size;
  }
}

// Whatever bytes a camera sends (CAM-25): coded errors only, no hang, nothing erased, no more data than came. seeds that
// once failed are kept.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventReader } from '../../../../drivers/ptp/camera-events.ts';
import {
  parseDeviceInfo,
  parseIds,
  parseObjectInfo,
  parseStorageInfo,
} from '../../../../drivers/ptp/datasets.ts';
import { parsePtpTime } from '../../../../drivers/ptp/device-clock.ts';
import { type InboundEvent, InboundState } from '../../../../drivers/ptp/inbound-state.ts';
import { isDockError } from '../../../../protocol/format/errors.ts';
import { live, patternBytes } from '../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../fakes/clock-manual.ts';
import { fuzz, type KeptSeed } from '../../../fakes/fuzzing.ts';
import { container, ids, objectInfo } from '../../../fakes/ptp/encode.ts';
import { PTP_PLACE, ptpBench } from './subject.ts';

/** Seeds of runs that once failed. */
const KEPT: Readonly<Record<'datasets' | 'events' | 'dates' | 'transfers' | 'answers', readonly KeptSeed[]>> =
  {
    datasets: [],
    events: [],
    dates: [],
    transfers: [],
    answers: [],
  };

function check<T>(
  name: keyof typeof KEPT,
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  runs = 300,
): Promise<void> {
  return fuzz(property, { name: `ptp/fuzz ${name}`, runs, kept: KEPT[name] });
}

test('a dataset of any bytes is parsed or refused with a code', async () => {
  const parsers: readonly ((bytes: Uint8Array) => unknown)[] = [
    parseDeviceInfo,
    parseStorageInfo,
    parseObjectInfo,
    (bytes) => parseIds(bytes, 'list', 1000),
  ];
  const good = objectInfo({
    storage: 0x00010001,
    format: 0x300b,
    isProtected: false,
    sizeBytes32: 10,
    parent: 0,
    name: 'V0001.MP4',
    capturedAt: '20261120T080000',
    modifiedAt: '20261120T080000',
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length)).map(([at, byte, cut]) => {
      const changed = Uint8Array.from(good);
      changed[at] = byte;
      return changed.subarray(0, cut);
    }),
  );
  await check(
    'datasets',
    fc.property(bytes, (any) => {
      for (const parse of parsers)
        try {
          parse(any);
        } catch (error) {
          if (!isDockError(error, 'driver.protocol')) throw error;
        }
    }),
  );
});

test('packets of any bytes on the interrupt pipe are events or odd, in any cut, and a good event behind them is found', async () => {
  const good = container(4, 0x4002, 0xffffffff, Uint8Array.of(7, 0, 0, 0));
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.nat(good.length).map((cut) => good.subarray(0, cut)),
    fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.with(at, byte)),
  );
  await check(
    'events',
    fc.property(fc.array(piece, { maxLength: 40 }), (packets) => {
      const reader = new EventReader();
      for (const packet of packets)
        for (const event of reader.push(packet).events) {
          expect(event.parameters.length).toBeLessThanOrEqual(5);
          expect(Number.isSafeInteger(event.code + event.transaction)).toBe(true);
        }
      // What began with the last packet may take up to 31 bytes of it; after that an event counts again.
      const found = [good, good, good].flatMap((packet) => reader.push(packet).events);
      expect(found.at(-1)).toEqual({ code: 0x4002, transaction: 0xffffffff, parameters: [7] });
    }),
  );
});

test('a date of any text is an instant or nothing', async () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^\d{8}T\d{6}(?:\.\d{1,4})?(?:Z|[+-]\d{4})?$/));
  await check(
    'dates',
    fc.property(text, (any) => {
      const time = parsePtpTime(any);
      if (time !== undefined) expect(Number.isFinite(time.claimedMs)).toBe(true);
    }),
  );
});

/** Runs transfers through the state; gives what came out, or the code of the error. */
function inbound(transfers: readonly (readonly [Uint8Array, boolean])[]): InboundEvent[] | string {
  const state = new InboundState({ operation: 0x1007, transaction: 5 });
  const events: InboundEvent[] = [];
  try {
    for (const [bytes, isShort] of transfers) {
      if (state.isOver) break;
      events.push(...state.push(bytes, isShort));
    }
    return events;
  } catch (error) {
    if (isDockError(error, 'driver.protocol')) return error.code;
    throw error;
  }
}

test('transfers of any bytes end in events or in a refusal, and give no more data than came', async () => {
  const transfer = fc.tuple(fc.uint8Array({ maxLength: 64 }), fc.boolean());
  await check(
    'transfers',
    fc.property(fc.array(transfer, { maxLength: 80 }), (transfers) => {
      const out = inbound(transfers);
      if (typeof out === 'string') return;
      const came = transfers.reduce((sum, [bytes]) => sum + bytes.length, 0);
      const data = out.reduce((sum, event) => sum + (event.kind === 'data' ? event.bytes.length : 0), 0);
      expect(data).toBeLessThanOrEqual(came);
    }),
  );
});

test('an answer means the same however its transfers are cut, as long as no packet in the middle is short', () => {
  const payload = ids([1, 2, 3, 4, 5]);
  const data = container(2, 0x1007, 5, payload);
  const response = container(3, 0x2001, 5, new Uint8Array(0));
  const whole = Buffer.concat([data, response]);
  const expected = { data: Buffer.from(payload).toString('hex'), code: 0x2001 };
  for (let first = 0; first <= whole.length; first++)
    for (let second = first; second <= whole.length; second += 5) {
      const parts = [whole.subarray(0, first), whole.subarray(first, second), whole.subarray(second)];
      const out = inbound(parts.filter(({ length }) => length > 0).map((part) => [part, false] as const));
      if (typeof out === 'string') throw new Error(`cut at ${first} and ${second}: ${out}`);
      const got = Buffer.concat(
        out.map((event) => (event.kind === 'data' ? event.bytes : new Uint8Array(0))),
      );
      const last = out.at(-1);
      // Less than a header behind whole data counts as padding, so the response may have to come in one piece.
      if (last?.kind !== 'response') expect(first > data.length || second > data.length).toBe(true);
      expect(got.toString('hex')).toBe(expected.data);
    }
});

test('a camera that sends any bytes in place of any answer is never erased from and never hangs the driver', async () => {
  const property = fc.asyncProperty(
    fc.infiniteStream(fc.tuple(fc.nat(7), fc.nat(40), fc.nat(255), fc.uint8Array({ maxLength: 40 }))),
    async (stream) => {
      const clock = new ManualClock();
      const made = ptpBench({ clock });
      made.camera.put('A.MP4', patternBytes(5000));
      made.camera.put('D/B.MP4', patternBytes(10));
      made.responder.misdeeds.mangle = (bytes) => {
        const [kind, at, byte, other] = stream.next().value;
        if (kind === 0) return other;
        if (kind === 1) return bytes.subarray(0, at);
        if (kind > 3) return bytes;
        const changed = Uint8Array.from(bytes);
        changed[at % Math.max(1, changed.length)] = byte;
        return changed;
      };
      const state = { isOver: false };
      const docking = (async () => {
        const session = await made.driver.open(PTP_PLACE, live());
        try {
          await session.readClock(live());
          await session.condition(live());
          const { entries } = await session.inventory(live());
          for (const entry of entries)
            for await (const piece of session.read(entry, 0, live())) expect(piece.kind).toBe('bytes');
        } finally {
          await session.close();
        }
      })()
        .catch((error: unknown) => {
          if (!isDockError(error)) throw error;
        })
        .finally(() => (state.isOver = true));
      for (let turns = 0; !state.isOver; turns++) {
        if (turns > 5000) throw new Error('the driver hangs');
        await clock.advance(1000);
      }
      await docking;
      expect(made.camera.files()).toHaveLength(2);
      for (const wire of made.wires) expect(wire.isClosed).toBe(true);
    },
  );
  await check('answers', property, 60);
});

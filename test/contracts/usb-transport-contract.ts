// What every USB transport must do, over whatever library: carry bytes whole and in order, end at its deadlines, and say what ended it. At the
// other end is a PTP responder with one file; what it means is nothing of the transport's business.
import assert from 'node:assert/strict';
import { encodeCommand } from '../../drivers/ptp/container.ts';
import { USB_TRANSFER_BYTES_MAX, type UsbTransport } from '../../drivers/usb/transport.ts';
import { concatBytes } from '../../protocol/format/bytes.ts';
import { hasCode, live } from './driver-subject.ts';
import type { ContractRunner } from './runner.ts';

/** A device that is plugged in, and what can be done to it behind the transport's back. */
export interface UsbTransportSubject {
  /** Opens what is plugged in now; a new transport each time. */
  readonly open: () => Promise<UsbTransport>;
  readonly pull: () => Promise<void>;
  /** Its one file. */
  readonly content: Uint8Array;
}

/** For a transfer that is answered; an emulated device takes ten times as long as a real one. */
const ANSWER_MS = 60_000;
/** For one that is not. */
const DEADLINE_MS = 300;
/** A library's own time-out came a minute late. */
const LATE_MS = 15_000;
const HEADER_BYTES = 12;
const TYPE_RESPONSE = 3;
const OPERATION = { deviceInfo: 0x1001, openSession: 0x1002, handles: 0x1007, object: 0x1009 };
const ALL = 0xffffffff;
const GOOD = 0x2001;
const DEVICE_STATUS = { type: 'class', recipient: 'interface', request: 0x67, value: 0, index: 0 } as const;

interface Answer {
  readonly code: number;
  readonly data: Uint8Array;
}

/** One conversation with the responder, by hand. */
class Talk {
  readonly transport: UsbTransport;
  readonly #bytesMax: number;
  #transaction = 0;

  constructor(transport: UsbTransport, bytesMax = 64 * 1024) {
    this.transport = transport;
    this.#bytesMax = bytesMax;
  }

  async command(operation: number, parameters: readonly number[] = []): Promise<void> {
    this.#transaction = operation === OPERATION.openSession ? 0 : this.#transaction + 1;
    await this.transport.bulkOut(encodeCommand(operation, this.#transaction, parameters), ANSWER_MS, live());
  }

  next(bytesMax = this.#bytesMax): Promise<Uint8Array> {
    return this.transport.bulkIn(bytesMax, ANSWER_MS, live());
  }

  async ask(operation: number, parameters: readonly number[] = []): Promise<Answer> {
    await this.command(operation, parameters);
    let first = await this.next();
    const data: Uint8Array[] = [];
    if (typeOf(first) !== TYPE_RESPONSE) {
      const length = viewOf(first).getUint32(0, true);
      data.push(first);
      for (let come = first.length; come < length; come += data.at(-1)?.length ?? 0)
        data.push(await this.next());
      first = await this.next();
      if (first.length === 0) first = await this.next(); // behind data that fills its last packet
    }
    return { code: viewOf(first).getUint16(6, true), data: concatBytes(data).subarray(HEADER_BYTES) };
  }

  async openSession(): Promise<void> {
    const { code } = await this.ask(OPERATION.openSession, [1]);
    assert.equal(code, GOOD);
  }

  /** Handle of the one file. */
  async file(): Promise<number> {
    const { data } = await this.ask(OPERATION.handles, [ALL, 0, ALL]);
    return viewOf(data).getUint32(4, true);
  }

  async isInStep(): Promise<void> {
    assert.equal((await this.ask(OPERATION.deviceInfo)).code, GOOD);
  }
}

/** Registers the suite. `plugged`: a device that is plugged in and not in use. */
export function usbTransportContract(
  plugged: () => Promise<UsbTransportSubject>,
  { test }: ContractRunner,
): void {
  const check = (name: string, run: (talk: Talk, subject: UsbTransportSubject) => Promise<void>): void =>
    test(name, async () => {
      const subject = await plugged();
      const transport = await subject.open();
      try {
        await transport.reset(live()); // what an earlier test left under way is the device's to forget
        await run(new Talk(transport), subject);
      } finally {
        await transport.close();
      }
    });

  check(
    'a file comes whole and in order, whatever is asked for at a time',
    async ({ transport }, { content }) => {
      await new Talk(transport).openSession();
      for (const bytesMax of [16 * transport.packetBytes, 64 * 1024, USB_TRANSFER_BYTES_MAX]) {
        const talk = new Talk(transport, bytesMax);
        const { code, data } = await talk.ask(OPERATION.object, [await talk.file()]);
        assert.equal(code, GOOD);
        assert.equal(Buffer.compare(data, content), 0, `${bytesMax} bytes at a time`);
      }
    },
  );

  check('what is no multiple of a packet, or too much, is refused before anything is asked', async (talk) => {
    for (const bytesMax of [
      1,
      13,
      talk.transport.packetBytes + 1,
      USB_TRANSFER_BYTES_MAX + talk.transport.packetBytes,
    ])
      await assert.rejects(talk.transport.bulkIn(bytesMax, ANSWER_MS, live()), RangeError);
    await talk.isInStep();
  });

  check(
    'a transfer that nothing answers ends at its deadline, and a reset brings both ends into step',
    async (talk) => {
      const startedMs = performance.now();
      const waiting = talk.transport.bulkIn(64 * 1024, DEADLINE_MS, live());
      await assert.rejects(waiting, hasCode('driver.timeout'));
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs >= DEADLINE_MS - 5 && tookMs < LATE_MS, `${tookMs} ms`);
      await talk.transport.reset(live());
      await talk.isInStep();
    },
  );

  check('a wait that is given up ends with the reason of its signal', async (talk) => {
    const reason = new Error('given up');
    const giving = new AbortController();
    const waiting = talk.transport.bulkIn(64 * 1024, ANSWER_MS, giving.signal);
    setImmediate(() => giving.abort(reason));
    await assert.rejects(waiting, (error) => error === reason);
    await assert.rejects(
      talk.transport.bulkIn(64 * 1024, ANSWER_MS, giving.signal),
      (error) => error === reason,
    );
    await assert.rejects(
      talk.transport.bulkOut(new Uint8Array(12), ANSWER_MS, giving.signal),
      (error) => error === reason,
    );
    await talk.transport.reset(live());
    await talk.isInStep();
  });

  check('a reset in the middle of a file ends it, and the device answers anew', async (talk) => {
    await talk.openSession();
    await talk.command(OPERATION.object, [await talk.file()]);
    assert.ok((await talk.next()).length > 0);
    await talk.transport.reset(live());
    const again = new Talk(talk.transport);
    await again.openSession();
    await again.isInStep();
  });

  check('a halted pipe is told, and carries again once it is cleared', async (talk) => {
    await assert.rejects(talk.transport.bulkOut(new Uint8Array(4), ANSWER_MS, live()), hasCode('usb.stall'));
    await talk.transport.clearHalt('out', live());
    await talk.isInStep();
  });

  check('a control request gives no more than was asked for, beside the pipes', async (talk) => {
    const bytes = await talk.transport.controlIn(DEVICE_STATUS, 4, ANSWER_MS, live());
    assert.ok(bytes.length <= 4);
    await talk.isInStep();
  });

  check('closing ends what is under way, and everything that comes later', async ({ transport }) => {
    const waiting = transport.bulkIn(64 * 1024, ANSWER_MS, live());
    const ended = assert.rejects(waiting, hasCode('driver.detached'));
    await Promise.all([transport.close(), transport.close()]);
    await ended;
    await assert.rejects(transport.bulkIn(64 * 1024, ANSWER_MS, live()), hasCode('driver.detached'));
    await assert.rejects(
      transport.bulkOut(new Uint8Array(12), ANSWER_MS, live()),
      hasCode('driver.detached'),
    );
    await assert.rejects(
      transport.controlIn(DEVICE_STATUS, 4, ANSWER_MS, live()),
      hasCode('driver.detached'),
    );
  });

  check('what was closed can be opened again by another transport', async (talk, { open }) => {
    await talk.isInStep();
    await talk.transport.close();
    const next = await open();
    try {
      await new Talk(next).isInStep();
    } finally {
      await next.close();
    }
  });

  check(
    'a device that is pulled while it is silent is told once, and to whoever waits',
    async ({ transport }, { pull }) => {
      const told: Error[] = [];
      transport.onGone((error) => told.push(error));
      const waiting = transport.bulkIn(64 * 1024, ANSWER_MS, live());
      const ended = assert.rejects(waiting, hasCode('driver.detached'));
      await pull();
      await ended;
      await assert.rejects(transport.bulkIn(64 * 1024, ANSWER_MS, live()), hasCode('driver.detached'));
      assert.deepEqual(
        told.map((error) => hasCode('driver.detached')(error)),
        [true],
      );
    },
  );

  check(
    'a device that is pulled in the middle of a file is told before its end',
    async (talk, { pull, content }) => {
      await talk.openSession();
      await talk.command(OPERATION.object, [await talk.file()]);
      let come = (await talk.next()).length;
      await pull();
      const read = async (): Promise<void> => {
        for (;;) come += (await talk.next()).length;
      };
      await assert.rejects(read, hasCode('driver.detached'));
      assert.ok(come <= content.length + HEADER_BYTES);
    },
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function typeOf(bytes: Uint8Array): number {
  return viewOf(bytes).getUint16(4, true);
}

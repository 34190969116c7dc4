// What every line must do, over whatever binding: carry bytes in order, end within its deadlines, and never touch what comes next.
import assert from 'node:assert/strict';
import {
  LINE_GONE_MS,
  LINE_WRITE_MS,
  type Line,
  type LineSettings,
  type OpenLine,
} from '../../drivers/serial/line.ts';
import { hasCode, live, patternBytes } from './driver-subject.ts';
import type { ContractRunner } from './runner.ts';

/** A plugged-in device and what can be done to it after the line's back. */
export interface LineSubject {
  readonly openLine: OpenLine;
  readonly settings: LineSettings;
  /** Lets so much time pass on the line's clock. */
  readonly pass: (ms: number) => Promise<void>;
  /** Sends in pieces of the device's own choice. */
  readonly send: (bytes: Uint8Array) => Promise<void>;
  /** What the device got so far. */
  readonly received: () => Buffer;
  /** The device takes no more bytes until it is pulled. */
  readonly stall: () => void;
  readonly unplug: () => Promise<void>;
  /** A new device at the same path. */
  readonly plugAgain: () => Promise<void>;
}

const STEP_MS = 20;
/** Bytes that no buffer of a system takes at once. */
const MUCH_BYTES = 512 * 1024;

interface OpenedLine extends LineSubject {
  readonly line: Line;
  /** All that came, in order. */
  readonly came: () => Buffer;
  readonly ends: Error[];
  /** Lets time pass until it is so; fails after `ms`. */
  readonly until: (what: string, ms: number, look: () => boolean) => Promise<void>;
}

async function opened(make: () => Promise<LineSubject>): Promise<OpenedLine> {
  const subject = await make();
  const line = await subject.openLine(subject.settings, live());
  const pieces: Uint8Array[] = [];
  const ends: Error[] = [];
  line.onBytes((bytes) => pieces.push(Uint8Array.from(bytes)));
  line.onGone((error) => ends.push(error));
  const until = (what: string, ms: number, look: () => boolean): Promise<void> =>
    passUntil(subject, what, ms, look);
  return { ...subject, line, came: () => Buffer.concat(pieces), ends, until };
}

async function passUntil(subject: LineSubject, what: string, ms: number, look: () => boolean): Promise<void> {
  for (let passedMs = 0; !look(); passedMs += STEP_MS) {
    if (passedMs > ms) assert.fail(`not within ${ms} ms: ${what}`);
    await subject.pass(STEP_MS);
  }
}

/** The error that a promise ends with while time passes. */
async function failure({ pass }: LineSubject, ms: number, work: Promise<unknown>): Promise<unknown> {
  const outcome: { error?: unknown; isOver: boolean } = { isOver: false };
  work
    .then(
      () => assert.fail('it ended well'),
      (error: unknown) => {
        outcome.error = error;
      },
    )
    .finally(() => {
      outcome.isOver = true;
    });
  for (let passedMs = 0; !outcome.isOver; passedMs += STEP_MS) {
    if (passedMs > ms) assert.fail(`it did not end within ${ms} ms`);
    await pass(STEP_MS);
  }
  return outcome.error;
}

function carryingContract({ test }: ContractRunner, make: () => Promise<LineSubject>): void {
  test('bytes arrive in order and once, in both directions at the same time', async () => {
    const { line, send, came, received, until } = await opened(make);
    const there = patternBytes(50_000, 1);
    const back = patternBytes(70_000, 2);
    const sending = (async () => {
      for (let at = 0; at < there.length; at += 999) await line.write(there.subarray(at, at + 999));
    })();
    const answering = (async () => {
      for (let at = 0; at < back.length; at += 1234) await send(back.subarray(at, at + 1234));
    })();
    const both = Promise.all([sending, answering]);
    let hasFailed = false;
    both.catch(() => {
      hasFailed = true;
    });
    const isThere = (): boolean => came().length >= back.length && received().length >= there.length;
    await until('all bytes', 60_000, () => hasFailed || isThere());
    await both;
    assert.ok(came().equals(back));
    assert.ok(received().equals(there));
    await line.close();
  });

  test('a device that takes nothing ends the line at the deadline, and nothing is hoarded for it', async () => {
    const subject = await opened(make);
    subject.stall();
    const error = await failure(subject, LINE_WRITE_MS + 1000, subject.line.write(patternBytes(MUCH_BYTES)));
    hasCode('driver.timeout')(error);
    await subject.until('the end is told', 1000, () => subject.ends.length > 0);
    await assert.rejects(subject.line.write(patternBytes(1)), hasCode('driver.timeout', 'driver.detached'));
    await failingToClose(subject);
    assert.equal(subject.ends.length, 1);
  });
}

/** Closes, with time passing: the device may not let go. */
async function failingToClose({ line, until }: OpenedLine): Promise<void> {
  let isClosed = false;
  void line.close().then(() => {
    isClosed = true;
  });
  await until('the line is closed', LINE_WRITE_MS + 1000, () => isClosed);
}

function endingContract({ test }: ContractRunner, make: () => Promise<LineSubject>): void {
  test('a device that is pulled is noticed within the deadline, and told once', async () => {
    const subject = await opened(make);
    await subject.unplug();
    await subject.until('the pull is told', LINE_GONE_MS, () => subject.ends.length > 0);
    hasCode('driver.detached')(subject.ends[0]);
    await assert.rejects(subject.line.write(patternBytes(1)), hasCode('driver.detached'));
    await failingToClose(subject);
    await subject.pass(LINE_GONE_MS);
    assert.equal(subject.ends.length, 1);
  });

  test('a device that is pulled while it sends is noticed within the deadline', async () => {
    const subject = await opened(make);
    const sending = subject.send(patternBytes(MUCH_BYTES)).catch(() => undefined);
    await subject.until('the first bytes', 5000, () => subject.came().length > 0);
    await subject.unplug();
    await subject.until('the pull is told', LINE_GONE_MS, () => subject.ends.length > 0);
    hasCode('driver.detached')(subject.ends[0]);
    await failingToClose(subject);
    await sending;
  });

  test('a device that is pulled while it is written to ends the write', async () => {
    const subject = await opened(make);
    subject.stall();
    const writing = subject.line.write(patternBytes(MUCH_BYTES));
    writing.catch(() => undefined);
    await subject.pass(2 * STEP_MS);
    await subject.unplug();
    hasCode('driver.detached')(await failure(subject, LINE_GONE_MS, writing));
    await subject.until('the pull is told', LINE_GONE_MS, () => subject.ends.length > 0);
    await failingToClose(subject);
    assert.equal(subject.ends.length, 1);
  });

  test('whoever asks late is told of an end all the same', async () => {
    const subject = await opened(make);
    await subject.unplug();
    await subject.until('the pull is told', LINE_GONE_MS, () => subject.ends.length > 0);
    const late: Error[] = [];
    subject.line.onGone((error) => late.push(error));
    assert.equal(late.length, 1);
  });

  test('closing twice is closing once, tells no end, and nothing is heard afterwards', async () => {
    const subject = await opened(make);
    await Promise.all([subject.line.close(), subject.line.close()]);
    await subject.line.close();
    await subject.send(patternBytes(10)).catch(() => undefined);
    await subject.unplug();
    await subject.pass(2 * LINE_GONE_MS);
    assert.equal(subject.ends.length, 0);
    assert.equal(subject.came().length, 0);
  });
}

function openingContract({ test }: ContractRunner, make: () => Promise<LineSubject>): void {
  test('nothing that is written to a closed line reaches the device, nor the one that comes next', async () => {
    const subject = await opened(make);
    await subject.line.close();
    await assert.rejects(subject.line.write(patternBytes(10)), hasCode('driver.detached'));
    const next = await subject.openLine(subject.settings, live());
    await next.write(patternBytes(20, 5));
    await subject.until('the second write', 5000, () => subject.received().length >= 20);
    assert.ok(subject.received().equals(patternBytes(20, 5)));
    await next.close();
  });

  test('an old line stays ended when a device is plugged in again', async () => {
    const subject = await opened(make);
    await subject.unplug();
    await subject.until('the pull is told', LINE_GONE_MS, () => subject.ends.length > 0);
    await subject.plugAgain();
    await assert.rejects(subject.line.write(patternBytes(10)), hasCode('driver.detached'));
    const next = await subject.openLine(subject.settings, live());
    await next.write(patternBytes(20, 5));
    await subject.until('the second write', 5000, () => subject.received().length >= 20);
    assert.ok(subject.received().equals(patternBytes(20, 5)));
    await next.close();
  });

  test('a port is opened by one at a time, and who comes second is told what to do', async () => {
    const subject = await opened(make);
    await assert.rejects(subject.openLine(subject.settings, live()), (error: Error) => {
      hasCode('driver.refused')(error);
      assert.match(error.message, /another program holds it.*ModemManager/);
      return true;
    });
    await subject.send(patternBytes(100));
    await subject.until('bytes on the first line', 5000, () => subject.came().length >= 100);
    await subject.line.close();
  });

  test('a port without a device is not opened, and says that nothing is there', async () => {
    const subject = await make();
    await subject.unplug();
    await assert.rejects(subject.openLine(subject.settings, live()), (error: Error) => {
      hasCode('driver.detached')(error);
      assert.match(error.message, /no device is at the serial port/);
      return true;
    });
  });

  test('an aborted signal opens nothing, and the port stays free', async () => {
    const subject = await make();
    const reason = new Error('stop now');
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(subject.openLine(subject.settings, AbortSignal.abort(reason)), isReason);
    const stop = new AbortController();
    const opening = subject.openLine(subject.settings, stop.signal);
    stop.abort(reason);
    const outcome = await opening.catch((error: unknown) => error);
    if (outcome instanceof Error) assert.equal(outcome, reason);
    else await (outcome as Line).close();
    await subject.pass(100);
    const line = await subject.openLine(subject.settings, live());
    await line.close();
  });
}

/** Runs the suite; `make` gives a fresh device per test and cleans up by itself. */
export function lineContract(runner: ContractRunner, make: () => Promise<LineSubject>): void {
  carryingContract(runner, make);
  endingContract(runner, make);
  openingContract(runner, make);
}

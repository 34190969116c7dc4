// What every driver must do, whatever it speaks: what it opens, what it lists, how it reads, what it erases.
import assert from 'node:assert/strict';
import type { CameraSession, Place } from '../../drivers/driver.ts';
import { sha256 } from '../../protocol/format/bytes.ts';
import { clockContract } from './driver-clock-contract.ts';
import { inventoryContract } from './driver-inventory-contract.ts';
import { changeContract, readingContract } from './driver-reading-contract.ts';
import type { ContractRunner } from './runner.ts';
import {
  ANY_SHA256,
  hasCode,
  latin1,
  live,
  openedWith,
  path,
  patternBytes,
  readBytes,
  type DriverSubject,
} from './driver-subject.ts';

function openingContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  test('a camera is accepted by its driver, and a place without one is not', async () => {
    const { driver, place, detach } = await make();
    assert.match(driver.name, /^[a-z0-9-]+$/);
    assert.equal(await driver.probe(place, live()), true);
    assert.equal(await driver.probe({ kind: 'folder', path: `${place.path}-not-there` }, live()), false);
    await detach();
    assert.equal(await driver.probe(place, live()), false);
    await assert.rejects(driver.open(place, live()), hasCode('driver.detached'));
  });

  test('an identity is short text or null', async () => {
    const { session } = await openedWith(make, {});
    const identity = await session.identity(live());
    for (const value of [identity.vendor, identity.model, identity.serial, identity.firmware]) {
      assert.ok(value === null || (value.length > 0 && value.length <= 128));
    }
  });

  test('closing twice is closing once, and nothing can be asked afterwards', async () => {
    const { session, entry } = await openedWith(make, { a: patternBytes(10) });
    const listed = await entry('a');
    await Promise.all([session.close(), session.close()]);
    await session.close();
    await assert.rejects(session.inventory(live()), hasCode('driver.detached'));
    await assert.rejects(readBytes(session, listed), hasCode('driver.detached'));
    await assert.rejects(session.erase(listed, live(), ANY_SHA256), hasCode('driver.detached'));
  });

  test('a session that tells of its steps makes some in each listing and each reading', async () => {
    const { session, entry } = await openedWith(make, { a: patternBytes(10), b: patternBytes(10) });
    const listed = await entry('a');
    let steps = 0;
    session.onStep?.(() => steps++);
    if (session.onStep === undefined) return;
    await session.inventory(live());
    assert.ok(steps > 0);
    steps = 0;
    await readBytes(session, listed);
    assert.ok(steps > 0);
  });

  test('a closed camera can be opened again', async () => {
    const subject = await openedWith(make, { a: patternBytes(10) });
    await subject.session.close();
    const again = await subject.driver.open(subject.place, live());
    assert.equal((await again.inventory(live())).entries.length, 1);
    await again.close();
  });

  test('an aborted signal ends every call with its reason', async () => {
    const { driver, place, session, entry, contents } = await openedWith(make, { a: patternBytes(10) });
    const listed = await entry('a');
    const reason = new Error('stop now');
    const stopped = AbortSignal.abort(reason);
    const isReason = (error: unknown): boolean => error === reason;
    await assert.rejects(driver.open(place, stopped), isReason);
    await assert.rejects(session.inventory(stopped), isReason);
    await assert.rejects(readBytes(session, listed, 0, stopped), isReason);
    await assert.rejects(session.erase(listed, stopped, ANY_SHA256), isReason);
    assert.equal((await contents()).size, 1);
  });
}

function erasingContract({ test }: ContractRunner, make: () => Promise<DriverSubject>): void {
  test('an erasure takes one file and nothing else, and a new inventory confirms it', async () => {
    const names = ['D/A.MP4', 'D/A.MP4.LOG', 'D/A.MP', 'D/a.mp4', 'A.MP4', 'E/A.MP4'];
    const subject = await openedWith(
      make,
      Object.fromEntries(names.map((name, at) => [name, patternBytes(10 + at)])),
    );
    assert.equal(
      await subject.session.erase(await subject.entry('D/A.MP4'), live(), sha256(patternBytes(10))),
      'done',
    );
    const rest = names.filter((name) => name !== 'D/A.MP4').sort();
    assert.deepEqual([...(await subject.contents()).keys()].sort(), rest);
    const { entries } = await subject.session.inventory(live());
    assert.deepEqual(entries.map((entry) => latin1(entry.path)).sort(), rest);
  });

  test('a session that looks for single files calls gone what is gone, and nothing else', async () => {
    const subject = await openedWith(make, {
      'D/a': patternBytes(10),
      'D/b': patternBytes(20),
      'E/c': patternBytes(30),
      d: patternBytes(40),
    });
    const { session } = subject;
    if (session.goneOf === undefined) return;
    const [a, b, c, d] = await Promise.all(['D/a', 'D/b', 'E/c', 'd'].map((name) => subject.entry(name)));
    assert.ok(a && b && c && d);
    assert.equal((await session.goneOf([a, b, c, d], live())).size, 0);
    await session.erase(b, live(), sha256(patternBytes(20)));
    await subject.remove(path('d'));
    await subject.put(path('E/c'), patternBytes(30, 2)); // another file by that name is no absence
    assert.deepEqual([...(await session.goneOf([a, b, c, d], live()))], [b, d]);
    await subject.detach();
    await assert.rejects(session.goneOf([a], live()), hasCode('driver.detached'));
  });

  test('a file that changed since the inventory is not erased', async () => {
    const { session, entry, put, contents } = await openedWith(make, { a: patternBytes(100) });
    const listed = await entry('a');
    await put(path('a'), patternBytes(100, 2));
    await assert.rejects(session.erase(listed, live(), sha256(patternBytes(100))), hasCode('driver.changed'));
    assert.ok((await contents()).get('a')?.equals(patternBytes(100, 2)));
  });

  test('a file that is gone already says so, and again', async () => {
    const { session, entry, remove } = await openedWith(make, {
      'D/a': patternBytes(100),
      b: patternBytes(1),
    });
    const listed = await entry('D/a');
    await remove(path('D/a'));
    assert.equal(await session.erase(listed, live(), sha256(patternBytes(100))), 'already-gone');
    assert.equal(await session.erase(await entry('b'), live(), sha256(patternBytes(1))), 'done');
    assert.equal((await session.inventory(live())).entries.length, 0);
  });

  test('a write-protected camera keeps its files and says why', async () => {
    const subject = await openedWith(make, { 'D/a': patternBytes(100) });
    if (subject.protect === undefined) return;
    const listed = await subject.entry('D/a');
    await subject.protect();
    assert.equal(await subject.session.erase(listed, live(), sha256(patternBytes(100))), 'write-protected');
    assert.equal((await subject.contents()).size, 1);
    assert.ok((await readBytes(subject.session, listed)).equals(patternBytes(100)));
  });
}

/** Runs the suite; `make` gives a fresh camera per test and cleans up by itself. */
export function driverContract(runner: ContractRunner, make: () => Promise<DriverSubject>): void {
  const sessions: CameraSession[] = [];
  const closing: ContractRunner = {
    test: (name, run) => runner.test(name, () => endingWith(run, sessions)),
  };
  const tracked = async (): Promise<DriverSubject> => trackSessions(await make(), sessions);
  openingContract(closing, tracked);
  clockContract(closing, tracked);
  inventoryContract(closing, tracked);
  readingContract(closing, tracked);
  changeContract(closing, tracked);
  erasingContract(closing, tracked);
}

async function endingWith(run: () => Promise<void> | void, sessions: CameraSession[]): Promise<void> {
  try {
    await run();
  } finally {
    for (const session of sessions.splice(0)) await session.close();
  }
}

function trackSessions(subject: DriverSubject, sessions: CameraSession[]): DriverSubject {
  const { driver } = subject;
  const open = async (place: Place, signal: AbortSignal): Promise<CameraSession> => {
    const session = await driver.open(place, signal);
    sessions.push(session);
    return session;
  };
  return {
    ...subject,
    driver: { name: driver.name, probe: (place, signal) => driver.probe(place, signal), open },
  };
}

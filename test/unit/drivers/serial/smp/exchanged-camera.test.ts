// Wires that stay when the camera leaves: it is exchanged for another one, or taken away, without the port telling.
import { describe, expect, test } from 'vitest';
import type { CameraSession, InventoryEntry } from '../../../../../drivers/driver.ts';
import { smpDriver } from '../../../../../drivers/serial/smp/driver.ts';
import { live, readBytes } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';
import { passing } from '../../../../fakes/passing.ts';
import { scriptedCamera, type ScriptedRequest } from '../../../../fakes/smp-scripted.ts';

const FILE = new Uint8Array(1000).fill(7);
const PLACE = { kind: 'serial', path: 'bay-1', baud: 115_200, framing: 'console' } as const;
const TWO_MINUTES_MS = 120_000;

/** Two cameras with a file of one name and length; `now` says which one hangs on the wires, undefined where none does. */
class Wires {
  now: { serial: string; byte: number } | undefined = { serial: 'A', byte: 7 };
  /** Called with each request before it is answered. */
  onRequest: (name: string) => void = () => undefined;
  readonly clock = new ManualClock();
  /** Requests as group/command, answered or not. */
  readonly requests: string[] = [];
  readonly socket = scriptedCamera((request) => {
    const name = `${request.header.group}/${request.header.command}`;
    this.requests.push(name);
    this.onRequest(name);
    if (this.now !== undefined) this.#answer(name, request, this.now);
  });
  readonly driver = smpDriver({
    openLine: this.socket.openLine,
    clock: this.clock,
    isCameraPort: () => Promise.resolve(false),
  });

  #answer(name: string, request: ScriptedRequest, camera: { serial: string; byte: number }): void {
    const at = Number(request.map['off'] ?? 0);
    const answers: Readonly<Record<string, () => void>> = {
      '0/0': () => request.answer({ r: request.map['d'] }),
      '8/0': () => request.answer({ off: at, data: new Uint8Array(250).fill(camera.byte), len: FILE.length }),
      '8/1': () => request.answer({ len: FILE.length }),
      '66/0': () => request.answer({ vendor: 'V', model: 'M', serial: camera.serial }),
      '66/1': () => request.answer({ total: 1, items: [{ name: '1.MP4', len: FILE.length }] }),
    };
    (answers[name] ?? (() => request.answer({ rc: 8 })))();
  }

  async open(): Promise<{ session: CameraSession; entry: InventoryEntry }> {
    const session = await this.driver.open(PLACE, live());
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) throw new Error('nothing is listed');
    return { session, entry };
  }
}

describe('another camera on the same wires', () => {
  test('in the middle of a file: none of its bytes count for the first one', async () => {
    const wires = new Wires();
    const { session, entry } = await wires.open();
    let pieces = 0;
    wires.onRequest = (name) => {
      if (name === '8/0' && ++pieces === 3) wires.now = { serial: 'B', byte: 8 };
    };
    await expect(readBytes(session, entry)).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('behind a listing: nothing of it is listed for the first one', async () => {
    const wires = new Wires();
    const { session } = await wires.open();
    wires.now = { serial: 'B', byte: 7 };
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('ends the session for good, also when the first one comes back', async () => {
    const wires = new Wires();
    const { session, entry } = await wires.open();
    const left: unknown[] = [];
    session.onLeft?.((error) => left.push(error));
    wires.now = { serial: 'B', byte: 8 };
    await expect(session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    wires.now = { serial: 'A', byte: 7 };
    await expect(readBytes(session, entry)).rejects.toMatchObject({ code: 'driver.detached' });
    expect(left).toMatchObject([{ code: 'driver.detached' }]);
    await session.close();
  });

  test('the same camera stays', async () => {
    const wires = new Wires();
    const { session, entry } = await wires.open();
    expect((await readBytes(session, entry)).equals(Buffer.from(FILE))).toBe(true);
    await session.inventory(live());
    await session.close();
  });
});

describe('wires without a camera', () => {
  test('are an empty bay where the port is not the camera’s own', async () => {
    const wires = new Wires();
    wires.now = undefined;
    const { error } = await passing(wires.clock, wires.driver.open(PLACE, live()), TWO_MINUTES_MS);
    expect(error).toMatchObject({ code: 'driver.silent' });
  });

  test('are a camera that fails where the port came with it', async () => {
    const wires = new Wires();
    wires.now = undefined;
    const driver = smpDriver({
      openLine: wires.socket.openLine,
      clock: wires.clock,
      isCameraPort: () => Promise.resolve(true),
    });
    const { error } = await passing(wires.clock, driver.open(PLACE, live()), TWO_MINUTES_MS);
    expect(error).toMatchObject({ code: 'driver.timeout' });
  });

  test('that only hiss are told as a wrong speed or framing', async () => {
    const wires = new Wires();
    wires.now = undefined;
    wires.onRequest = () => void wires.socket.end.write(new Uint8Array(400).fill(0xf0));
    const { error } = await passing(wires.clock, wires.driver.open(PLACE, live()), TWO_MINUTES_MS);
    expect(error).toMatchObject({ code: 'driver.protocol', facts: { port: 'not-understood' } });
  });

  test('at rest: the camera has left within 12 s', async () => {
    const wires = new Wires();
    const { session } = await wires.open();
    const left: unknown[] = [];
    session.onLeft?.((error) => left.push(error));
    await wires.clock.advance(20_000);
    expect(left).toEqual([]);
    wires.now = undefined;
    await wires.clock.advance(12_000);
    expect(left).toMatchObject([{ code: 'driver.detached' }]);
    await session.close();
    expect(wires.clock.pending).toBe(0);
  });

  test('in the middle of a file: the camera has left within 22 s', async () => {
    const wires = new Wires();
    const { session, entry } = await wires.open();
    wires.onRequest = (name) => {
      if (name === '8/0') wires.now = undefined;
    };
    const { error, ms } = await passing(wires.clock, readBytes(session, entry), TWO_MINUTES_MS);
    expect(error).toMatchObject({ code: 'driver.detached' });
    expect(ms).toBeLessThan(22_000);
  });
});

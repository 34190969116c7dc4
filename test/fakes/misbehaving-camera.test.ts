import { describe, expect, test } from 'vitest';
import type { InventoryEntry } from '../../drivers/driver.ts';
import { simulatedDriver } from './simulated-driver.ts';
import { MemoryCamera } from './memory-camera.ts';
import { driverContract } from '../contracts/driver-contract.ts';
import { ANY_SHA256, live, patternBytes, readBytes } from '../contracts/driver-subject.ts';
import { ManualClock } from './clock-manual.ts';
import {
  hostilePaths,
  misbehavingDriver,
  withDuplicate,
  type MisbehavingSession,
  type Misdeeds,
} from './misbehaving-camera.ts';

const bytes = patternBytes(3_000_000);

async function opened(misdeeds: Misdeeds): Promise<{
  camera: MemoryCamera;
  session: MisbehavingSession;
  entry: InventoryEntry;
  clock: ManualClock;
}> {
  const camera = new MemoryCamera();
  camera.put('a.MP4', bytes);
  const clock = new ManualClock();
  const driver = misbehavingDriver(simulatedDriver(new Map([['bay', camera]])), misdeeds, clock);
  const session = (await driver.open({ kind: 'folder', path: 'bay' }, live())) as MisbehavingSession;
  const [entry] = (await simulatedEntries(camera)) as [InventoryEntry];
  return { camera, session, entry, clock };
}

async function simulatedEntries(camera: MemoryCamera): Promise<readonly InventoryEntry[]> {
  const session = await simulatedDriver(new Map([['bay', camera]])).open(
    { kind: 'folder', path: 'bay' },
    live(),
  );
  return (await session.inventory(live())).entries;
}

describe('a misbehaving camera without a misdeed', () => {
  driverContract({ test }, async () => {
    const camera = new MemoryCamera();
    return {
      driver: misbehavingDriver(simulatedDriver(new Map([['bay', camera]])), {}, new ManualClock()),
      place: { kind: 'folder', path: 'bay' },
      put: async (path, bytes) => camera.put(path, bytes),
      remove: async (path) => camera.remove(path),
      detach: async () => camera.detach(),
      contents: async () =>
        new Map(
          camera
            .files()
            .map(({ path, content }) => [
              Buffer.from(path).toString('latin1'),
              Buffer.from(content as Uint8Array),
            ]),
        ),
    };
  });
});

describe('a misbehaving camera', () => {
  test('leaves at a call, or at a byte, and stays away', async () => {
    const atCall = await opened({ detachAtCall: 2 });
    await atCall.session.identity(live());
    await expect(atCall.session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
    const atByte = await opened({ detachAtByte: 1_500_000 });
    let passed = 0;
    const reading = async (): Promise<void> => {
      for await (const piece of atByte.session.read(atByte.entry, 0, live()))
        passed += piece.kind === 'bytes' ? piece.bytes.length : 0;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'driver.detached' });
    expect(passed).toBe(1_500_000);
    await expect(atByte.session.inventory(live())).rejects.toMatchObject({ code: 'driver.detached' });
  });

  test('gives more, fewer or other bytes than it has, and ends as if all were well', async () => {
    const grown = await opened({ growBytes: 10 });
    expect((await readBytes(grown.session, grown.entry)).length).toBe(bytes.length + 10);
    const short = await opened({ shortBytes: 2_000_000 });
    expect((await readBytes(short.session, short.entry)).equals(bytes.subarray(0, 1_000_000))).toBe(true);
    const flipped = await opened({ flip: { fromRead: 1, atByte: 2_000_000 } });
    expect((await readBytes(flipped.session, flipped.entry)).equals(bytes)).toBe(true);
    const second = await readBytes(flipped.session, flipped.entry, 1_000_000);
    expect(second[1_000_000]).toBe((bytes[2_000_000] ?? 0) ^ 1);
  });

  test.each(['identity', 'inventory', 'read', 'erase'] as const)(
    'hangs in %s until it is aborted',
    async (hangAt) => {
      const { session, entry } = await opened({ hangAt });
      const stop = new AbortController();
      const calls = {
        identity: () => session.identity(stop.signal),
        inventory: () => session.inventory(stop.signal),
        read: () => readBytes(session, entry, 0, stop.signal),
        erase: () => session.erase(entry, stop.signal, ANY_SHA256),
      };
      const call: Promise<unknown> = calls[hangAt]();
      call.catch(() => undefined);
      stop.abort(new Error('stop now'));
      await expect(call).rejects.toThrow('stop now');
    },
  );

  test('lies about what it erased', async () => {
    const lies = await opened({ eraseLies: true });
    expect(await lies.session.erase(lies.entry, live(), ANY_SHA256)).toBe('done');
    expect(lies.camera.files()).toHaveLength(1);
    const denies = await opened({ eraseDenies: true });
    expect(await denies.session.erase(denies.entry, live(), ANY_SHA256)).toBe('refused');
    expect(denies.camera.files()).toHaveLength(0);
  });

  test('is slow by the clock that it is given', async () => {
    const { session, entry, clock } = await opened({ pieceMs: 1000 });
    const reading = readBytes(session, entry);
    await clock.advance(3000);
    expect((await reading).equals(bytes)).toBe(true);
  });

  test('lists hostile names and the same name twice', async () => {
    const { camera, session } = await opened({ changeInventory: withDuplicate });
    for (const path of hostilePaths()) camera.put(path, patternBytes(1));
    const { entries } = await session.inventory(live());
    expect(entries).toHaveLength(hostilePaths().length + 2);
    expect(entries[0]?.path).toEqual(entries[1]?.path);
  });
});

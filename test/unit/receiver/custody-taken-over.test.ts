// A receiver that stood still while another one kept a station's log, and keeps it again: what it remembers of the log is not what lies there.
import { expect, test } from 'vitest';
import { makeSegmentId } from '../../../protocol/format/ids.ts';
import { filesWith } from '../../fakes/files-with.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { BenchTop, STATION_KEY } from './bench-top.ts';
import { SegmentMaker } from './custody-sample.ts';
import { STATION } from './sample.ts';
import type { ScriptedStation } from './scripted-station.ts';

/** Any call waits as long as the machine stands still. */
function machineOf(top: BenchTop): { disk: CrashDisk; standStill(): () => void } {
  let still: Promise<void> = Promise.resolve();
  const held = ['create', 'open', 'rename', 'stat', 'list', 'readAll', 'unlink'] as const;
  const calls = Object.fromEntries(
    held.map((name) => [
      name,
      async (...args: unknown[]) => {
        await still;
        return Reflect.apply(top.disk[name] as (...all: unknown[]) => unknown, top.disk, args);
      },
    ]),
  );
  const standStill = (): (() => void) => {
    let go = (): void => undefined;
    still = new Promise((resolve) => (go = resolve));
    return () => go();
  };
  return { disk: filesWith(top.disk, calls) as CrashDisk, standStill };
}

function kept(top: BenchTop, log: SegmentMaker): string {
  return Buffer.from(top.disk.peek(`/vault/${STATION}/custody/${log.segment}.jsonl`) ?? []).toString();
}

async function send(
  top: BenchTop,
  station: ScriptedStation,
  log: SegmentMaker,
  from: number,
): Promise<unknown> {
  const before = station.custody.length;
  await station.publish(
    station.topics.custody(log.segment, from),
    from === 0 ? new Uint8Array(0) : log.batch(from),
  );
  await top.until('answer', () => station.custody.length > before, 5000);
  return station.custody.at(-1);
}

/** The machine of r-a, which keeps the log, stands still for minutes, off the net; r-b takes its place and ends. */
async function takenOver(seed: number): Promise<{
  readonly top: BenchTop;
  readonly station: ScriptedStation;
  readonly log: SegmentMaker;
}> {
  const top = new BenchTop(seed);
  const machine = machineOf(top);
  await top.receiver({ receiver: 'r-a', disk: machine.disk });
  const station = await top.station();
  const log = new SegmentMaker(STATION, makeSegmentId(top.random), STATION_KEY)
    .add('agent-started', { version: '1' })
    .checkpoint();
  // The station asks what is held of its new segment: nothing.
  expect(await send(top, station, log, 0)).toMatchObject({ sequence: null });
  const goOn = machine.standStill();
  top.hub.hold('r-a');
  const b = await top.receiver({ receiver: 'r-b' });
  await top.clock.advance(200_000);
  expect(await send(top, station, log, 1)).toMatchObject({ receiver: 'r-b', sequence: 3 });
  expect(kept(top, log)).toBe(Buffer.from(log.batch()).toString());
  await b.stop();
  await b.broker.close(true);
  goOn();
  await top.clock.advance(100);
  return { top, station, log };
}

test('a receiver that keeps a log again behind another one signs for what that one kept, and loses none of it', async () => {
  const { top, station, log } = await takenOver(61);
  const answers = station.custody.length;
  top.hub.release('r-a');
  await top.until('the greeting', () => station.custody.length > answers, 30_000);

  // It says what the vault holds, unasked and asked.
  const held = { receiver: 'r-a', segment: log.segment, sequence: 3, sha256: log.head.sha256 };
  expect(station.custody.at(-1)).toMatchObject(held);
  expect(await send(top, station, log, 0)).toMatchObject(held);

  // And what comes next is kept behind it, as far as a power cut leaves it.
  log.add('agent-stopped').checkpoint();
  expect(await send(top, station, log, 4)).toMatchObject({ receiver: 'r-a', sequence: 5 });
  expect(kept(top, log)).toBe(Buffer.from(log.batch()).toString());
});

test('lines that another receiver signed for outlive a power cut in which this one writes them anew', async () => {
  const { top, station, log } = await takenOver(62);
  top.hub.release('r-a');
  const from = top.disk.steps;
  await top.clock.advance(30_000);
  // The station hears that nothing is held, and sends all of it once more.
  await station.publish(station.topics.custody(log.segment, 1), log.batch(1));
  await top.clock.advance(1000);
  const lost: number[] = [];
  for (let step = from; step <= top.disk.steps; step++)
    for (const what of ['nothing', 'everything'] as const) {
      const cut = top.disk.crash(step, what);
      const bytes = cut.peek(`/vault/${STATION}/custody/${log.segment}.jsonl`) ?? new Uint8Array(0);
      if (!Buffer.from(bytes).toString().startsWith(Buffer.from(log.batch()).toString())) lost.push(step);
    }
  expect(lost).toEqual([]);
});

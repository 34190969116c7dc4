// What a station does, and when, is the same whether its wall clock jumps or not: every case runs once without and then with a jump at
// each of its moments. A suspend of the machine looks the same from inside: wall time passed, monotonic time did not.
import { Changes } from '../../../agent/spool/changes.ts';
import { TrustedWallClock } from '../../../agent/platform/trusted-wall-clock.ts';
import { describe, expect, test } from 'vitest';
import { Keep } from '../../../agent/spool/keep.ts';
import type { SpooledRecording } from '../../../agent/spool/spool.ts';
import { Liveness } from '../../../agent/platform/broker-liveness.ts';
import { parseRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { itemsAround } from '../../fakes/items-around.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { PushRig } from '../push/push-rig.ts';

const HOUR_MS = 3_600_000;
const YEARS_MS = 10 * 365 * 24 * HOUR_MS;
const JUMPS: Readonly<Record<string, number>> = {
  'ten years forth': YEARS_MS,
  'ten years back': -YEARS_MS,
  'an hour of suspend': HOUR_MS,
};

/** One moment of a case: what happens, and how much monotonic time goes by behind it. */
interface Moment {
  readonly does?: () => unknown;
  readonly thenMs: number;
}

/** A case that was set up: its moments, and what was seen up to now, each with its monotonic time. */
interface Case {
  readonly clock: ManualClock;
  readonly moments: readonly Moment[];
  readonly seen: string[];
}

/** Runs a case, with a jump before the moment of that number. */
async function run({ clock, moments, seen }: Case, jumpMs = 0, jumpAt = -1): Promise<string[]> {
  for (const [at, { does, thenMs }] of moments.entries()) {
    if (at === jumpAt) clock.jumpWall(jumpMs);
    does?.();
    await settle();
    await clock.advance(thenMs);
  }
  return seen;
}

/** Offers without an answer, a claim, a unit that is lost twice, a pause, a second claim, silence, the receipt. */
function pushing(): Case {
  const rig = new PushRig();
  const seen: string[] = [];
  const recording: RecordingId = rig.spool();
  const note = (what: string): unknown =>
    seen.push(`${rig.clock.monotonicMs()} ${what.replace(recording, 'it')}`);
  rig.hub.fate = ({ topic, to }) => {
    if (to === 'listener') note(topic);
    return [{}];
  };
  const take = (message: Uint8Array) => () => rig.pusher.take(recording, message);
  return {
    clock: rig.clock,
    seen,
    moments: [
      { thenMs: 40_000 },
      { does: take(rig.claim(recording)), thenMs: 0 },
      { does: take(rig.have(false)), thenMs: 5000 },
      { does: take(rig.have(false)), thenMs: 14_000 },
      { does: take(rig.refusal(recording, 'pause')), thenMs: 30_000 },
      { thenMs: 35_000 },
      { does: take(rig.claim(recording)), thenMs: 500 },
      { does: take(rig.have(true)), thenMs: 60_000 },
      { does: take(rig.receipt(recording)), thenMs: 200_000 },
      { does: () => note(`receipted ${rig.receipted.length}`), thenMs: 0 },
    ],
  };
}

/** A connection that is idle, then silent. */
function living(): Case {
  const clock = new ManualClock();
  const seen: string[] = [];
  let answers = true;
  const note = (what: string): unknown => seen.push(`${clock.monotonicMs()} ${what}`);
  const liveness: Liveness = new Liveness({
    clock,
    keepaliveMs: 16_000,
    ping: (flushed) => {
      note('ping');
      flushed();
      if (answers) liveness.answered();
    },
    sent: () => ({ takenBytes: 0, waitingBytes: 0 }),
    dead: (detail) => note(`dead: ${detail}`),
  });
  liveness.start();
  const idle = Array.from({ length: 6 }, () => ({ thenMs: 7000 }));
  return {
    clock,
    seen,
    moments: [...idle, { does: () => (answers = false), thenMs: 9000 }, { thenMs: 60_000 }],
  };
}

/** A receipted copy that may go after four hours. */
function keeping(): Case {
  const clock = new ManualClock();
  const seen: string[] = [];
  const recording = parseRecordingId('abcdefghijklmnopqrstuvwxya');
  const known = { recording, state: 'receipted' } as SpooledRecording;
  const keep = new Keep({
    items: itemsAround({
      store: {
        recordings: () => [known].values(),
        get: () => known,
        reclaim: async () => void seen.push(`${clock.monotonicMs()} reclaimed`),
      },
    }),
    clock,
    log: new MemoryLog(),
    keepMs: 4 * HOUR_MS,
    changes: new Changes(),
    store: { isBehind: false },
    policy: { daysMax: undefined },
    wall: new TrustedWallClock(clock, () => null),
  });
  keep.start();
  void keep.run(new AbortController().signal);
  return { clock, seen, moments: [{ thenMs: HOUR_MS }, { thenMs: 2 * HOUR_MS }, { thenMs: 2 * HOUR_MS }] };
}

const CASES: Readonly<Record<string, () => Case>> = {
  'a push with its pauses': pushing,
  'a keep-alive': living,
  'a copy that is kept': keeping,
};

for (const [name, make] of Object.entries(CASES)) {
  describe(name, () => {
    test('does something at all', async () => {
      expect((await run(make())).length).toBeGreaterThan(0);
    });

    for (const [jump, jumpMs] of Object.entries(JUMPS)) {
      test(`goes on as if nothing were, after ${jump} at any of its moments`, async () => {
        const plain = await run(make());
        for (let at = 0; at < make().moments.length; at++)
          expect(await run(make(), jumpMs, at)).toEqual(plain);
      });
    }
  });
}

test('a push ends with the receipt, whatever the clock did', async () => {
  expect((await run(pushing(), -YEARS_MS, 4)).at(-1)).toMatch(/ receipted 1$/);
});

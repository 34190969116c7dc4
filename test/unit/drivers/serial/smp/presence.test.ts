import { describe, expect, test } from 'vitest';
import { SmpPresence } from '../../../../../drivers/serial/smp/presence.ts';
import { DockError } from '../../../../../protocol/format/errors.ts';
import { collect, live } from '../../../../contracts/driver-subject.ts';
import { ManualClock } from '../../../../fakes/clock-manual.ts';

const silence = (): Promise<never> =>
  Promise.reject(new DockError('driver.timeout', 'no answer', { retry: 'later' }));

function watched(echo: () => Promise<void> = () => Promise.resolve()): {
  presence: SmpPresence;
  clock: ManualClock;
  echoes: () => number;
  left: DockError[];
  mute: () => void;
} {
  const clock = new ManualClock();
  const left: DockError[] = [];
  let echoes = 0;
  let answer = echo;
  const presence = new SmpPresence({
    clock,
    echo: () => {
      echoes++;
      return answer();
    },
    onLeft: (error) => left.push(error),
  });
  presence.start();
  return { presence, clock, echoes: () => echoes, left, mute: () => (answer = silence) };
}

describe('the presence of a camera on a line', () => {
  test('is asked for every 3 s while nothing else is asked', async () => {
    const { presence, clock, echoes, left } = watched();
    await clock.advance(30_000);
    expect([echoes(), left]).toEqual([10, []]);
    presence.stop();
    await clock.advance(30_000);
    expect([echoes(), clock.pending]).toEqual([10, 0]);
  });

  test('is not asked for while the camera works on a question', async () => {
    const { presence, clock, echoes } = watched();
    let finish: (value: number) => void = () => undefined;
    const asked = presence.during(() => new Promise<number>((resolve) => (finish = resolve)), live());
    await clock.advance(30_000);
    expect(echoes()).toBe(0);
    finish(5);
    expect(await asked).toBe(5);
    await clock.advance(3000);
    expect(echoes()).toBe(1);
  });

  test('ends where an echo has no answer, once, and then no more are sent', async () => {
    const { clock, echoes, left, mute } = watched();
    await clock.advance(6000);
    mute();
    await clock.advance(60_000);
    expect([echoes(), left.map(({ code }) => code)]).toEqual([3, ['driver.detached']]);
  });

  test('a question that ran out of time ends it only where an echo has no answer either', async () => {
    const { presence, left, mute } = watched();
    await expect(presence.during(silence, live())).rejects.toMatchObject({ code: 'driver.timeout' });
    expect(left).toEqual([]);
    mute();
    await expect(presence.during(silence, live())).rejects.toMatchObject({ code: 'driver.detached' });
    expect(left).toHaveLength(1);
  });

  test('so does a file that stops coming', async () => {
    const { presence, mute } = watched();
    mute();
    async function* stopping(): AsyncGenerator<number> {
      yield 1;
      await silence();
    }
    await expect(collect(presence.duringAll(stopping(), live()))).rejects.toMatchObject({
      code: 'driver.detached',
    });
  });

  test('an error that is an answer says that the camera is there', async () => {
    const answer = new DockError('smp.error', 'not supported', { retry: 'later' });
    const { presence, clock, left, echoes } = watched(() => Promise.reject(answer));
    await expect(presence.during(() => Promise.reject(answer), live())).rejects.toBe(answer);
    await clock.advance(30_000);
    expect([left, echoes()]).toEqual([[], 10]);
  });
});

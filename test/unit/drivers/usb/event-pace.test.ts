// However fast a device has something to say, it is asked at a bounded pace.
import { expect, test } from 'vitest';
import { EventPace } from '../../../../drivers/usb/transfer-limits.ts';

/** Packets taken in so many ms from a device that always has one, each of which takes `packetMs`. */
function takenIn(totalMs: number, packetMs: number): { readonly packets: number; readonly pauses: number } {
  const pace = new EventPace();
  let [packets, pauses] = [0, 0];
  for (let nowMs = 5; nowMs < 5 + totalMs;) {
    nowMs += packetMs;
    packets++;
    const pauseMs = pace.pauseMs(nowMs);
    if (pauseMs > 0) pauses++;
    nowMs += pauseMs;
  }
  return { packets, pauses };
}

test('a flood is taken at 200 packets a second, in one pause each; what comes slower is taken as it comes', () => {
  expect(takenIn(10_000, 0.01)).toEqual({ packets: 2000, pauses: 10 });
  expect(takenIn(10_000, 0)).toEqual({ packets: 2000, pauses: 10 });
  expect(takenIn(10_000, 10)).toEqual({ packets: 1000, pauses: 0 });
});

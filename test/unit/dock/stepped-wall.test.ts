// A station without a battery for its clock gets the time from the network while a recorder writes into the folder of a bay.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ScaledClock } from '../../fakes/clock-scaled.ts';
import { DockAndStore } from '../../fakes/dock-and-store.ts';

/** Whose wall time was set. */
class SteppedClock extends ScaledClock {
  steppedMs = 0;
  override wallMs(): number {
    return super.wallMs() + this.steppedMs;
  }
}

let dock: DockAndStore;
afterEach(() => dock.close());

test.each([0, 3_600_000])(
  'a file of this moment is not erased before it stood still for 10 s, the clock being set by %i ms',
  async (ms) => {
    const clock = new SteppedClock(1);
    dock = await DockAndStore.open({ clock });
    dock.camera.detach();
    await dock.startReceiver();
    await dock.startStation();
    dock.camera.put('a.mp4', Buffer.from('begun'), { modifiedAt: new Date(clock.wallMs()).toISOString() });
    clock.steppedMs = ms;
    dock.camera.attach();
    await pause(8000); // the recorder goes on then
    expect(dock.camera.files()).toHaveLength(1);
  },
);

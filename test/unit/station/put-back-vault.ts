// A vault that is put back to a state in which it had some of a station's log and nothing that came since.
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { STATION, type DockAndStore } from '../../fakes/dock-and-store.ts';

/** Starts both ends and keeps that state. What it gives puts it back, between the end of one receiver and the start of the next. */
export async function backUp(dock: DockAndStore): Promise<() => Promise<void>> {
  const vault = join(dock.folder, 'vault');
  await dock.startReceiver();
  await dock.startStation();
  await dock.until('some log', async () =>
    (await readdir(join(vault, STATION, 'custody')).catch(() => [])).some((name) => name.endsWith('.jsonl')),
  );
  await dock.stopReceiver();
  await cp(vault, `${vault}-yesterday`, { recursive: true });
  await dock.startReceiver();
  return async () => {
    await rm(vault, { recursive: true });
    await cp(`${vault}-yesterday`, vault, { recursive: true });
  };
}

/** The station's log does not get through any more; questions of what is held do. */
export function holdLog(dock: DockAndStore, isHeld: () => boolean = () => true): void {
  dock.hub.fate = ({ from, topic, payload }) =>
    from === 'station' && topic.includes('/up/custody/') && payload.length > 0 && isHeld() ? [] : [{}];
}

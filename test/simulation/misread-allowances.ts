// What may be wrong at the end of a life in which pages were read wrong. A log whose chain a start could not follow proves less, and says so
// (`chain-broken`); what was quarantined meanwhile lies in the quarantine, for a person to look at, and one whose manifest could not be read is taken
// once more from its camera without saying of which it takes the place. Nothing else may be wrong.
import { SPOOL, STATION, VAULT } from './sides.ts';
import type { World } from './world.ts';

const TOLD = '"event":"chain-broken"';
const BROKEN_LOG =
  /^custody |^custody: |^docking(s of)? |^condition custody\.(chain-broken|store-differs) |^the end of |^\/spool\/custody\/\S+ still waits/;

/** What the store lacks of a camera's chain of records where one of them lies in the quarantine. */
const HOLE = /^dockings of (\S+): \d+ records do not belong to the chain$/;

/** Of these problems, those that no wrong page explains. */
export function unexplained({ station, store }: World, problems: readonly string[]): string[] {
  const logs = [
    ...station.disk.files.tree(`${SPOOL}/custody`).values(),
    ...store.disk.files.tree(`${VAULT}/${STATION}/custody`).values(),
  ];
  const aside = (station.disk.files.peekNames(`${SPOOL}/quarantine`) ?? []).map((name) => name.slice(0, 26));
  const isTold = logs.some((bytes) => bytes !== undefined && Buffer.from(bytes).includes(TOLD));
  const holed = camerasOf(station.disk.files.tree(`${SPOOL}/quarantine`));
  return problems.filter((problem) => {
    if (isTold && BROKEN_LOG.test(problem)) return false;
    if (holed.has(HOLE.exec(problem)?.[1] ?? '')) return false;
    const [, ...named] =
      /^(?:docking|custody:) ([a-z2-7]{26})\b|^doubled: .* is ([a-z2-7]{26}) and ([a-z2-7]{26})$/.exec(
        problem,
      ) ?? [];
    return !named.some((name) => aside.includes(name));
  });
}

/** Cameras of the docking records among these files. */
function camerasOf(files: ReadonlyMap<string, Uint8Array | undefined>): Set<string> {
  const records = [...files].flatMap(([path, bytes]) =>
    path.endsWith('/docking.json') && bytes !== undefined ? [Buffer.from(bytes).toString()] : [],
  );
  return new Set(records.map((text) => (JSON.parse(text) as { camera: { id: string } }).camera.id));
}

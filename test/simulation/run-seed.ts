// One seed from its first day to the last delivery.
import { isEndOfLog, isEndStored, isLogStored } from '../fakes/stored-log.ts';
import { Days } from './day.ts';
import { generationOf, NEWEST } from './generations.ts';
import { lastProblems } from './last-judge.ts';
import { BEGIN_MS } from './machine.ts';
import { unexplained } from './misread-allowances.ts';
import { plantStatement } from './planted-statement.ts';
import { SPOOL, VAULT } from './sides.ts';
import { Troubles, type Kind } from './troubles.ts';
import { World } from './world.ts';

const HOUR_MS = 3_600_000;
/** All is delivered within so long once nothing fails any more. */
const DELIVERED_MS = HOUR_MS;
/** Offers that an evil broker altered are refused, and come again after a minute, four, sixteen (SPEC 6.8): no days last for more refusals. */
const DELIVERED_EVIL_MS = 2 * HOUR_MS;

/** A condition stands no longer than that after the last delivery: some end with a look once in half a minute. */
const STANDS_MS = 60_000;
/** Conditions that only a person, the next start, the bay's next docking or the going of kept copies ends; all others end with what they tell of. */
const MAY_STAND: ReadonlySet<string> = new Set([
  'disk.failing',
  'camera.clock-wrong',
  'camera.not-erased',
  'store.unknown-key',
  'spool.low',
]);
/** What a person looks at, whatever lay there: where a read gave something else than lies there, the same. */
const MISREADS_MAY_STAND: ReadonlySet<string> = new Set([...MAY_STAND, 'spool.quarantine']);

export interface SeedResult {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly digest: string;
  readonly events: number;
  readonly recordings: number;
  /** Of these, how many the vault held before the last dockings. */
  readonly early: number;
  /** Of the days alone; those at the end come on top. */
  readonly dockings: number;
  /** Bytes of all recordings. */
  readonly bytes: number;
  /** Troubles that began on each day. */
  readonly troubles: readonly number[];
  /** Messages that an evil broker dropped, altered, replayed, or forged. */
  readonly evilActs: number;
  /** What happened last; for anybody who looks into it. */
  readonly last: readonly string[];
}

export interface SeedRun {
  /** How the life is drawn: generations.ts. The newest unless given. */
  readonly generation?: number;
  /** Those of its generation unless given. */
  readonly days?: number;
  /** The station's power goes that often, as long as the days last. */
  readonly cutEveryMs?: number;
  /** Kinds of trouble that there are; those of its generation unless given. */
  readonly kinds?: readonly Kind[];
  /** The broker is evil, as long as the days last. */
  readonly evil?: boolean;
  /** Hears all that happens. */
  readonly onLine?: (line: string) => void;
}

/** Never rejects but by a fault of the simulation itself. */
export async function runSeed(
  seed: number,
  { generation = NEWEST, days, kinds, cutEveryMs, evil = false, onLine }: SeedRun = {},
): Promise<SeedResult> {
  const drawn = generationOf(generation);
  const troublesome = kinds ?? drawn.kinds;
  const isMisread = troublesome.includes('misreads');
  const dayCount = days ?? drawn.days;
  const world = new World(seed, evil);
  const { timeline, judge, trace } = world;
  judge.countsAside = isMisread;
  if (onLine !== undefined) trace.onLine = onLine;
  const life = new Days(world, drawn);
  const troubles = new Troubles(world, troublesome);
  world.bootStore();
  world.bootStation();
  const stopCuts = cutEveryMs === undefined ? (): void => undefined : cutAgain(world, cutEveryMs);
  const begun: number[] = [];
  for (let day = 1; day <= dayCount; day++) {
    const before = troubles.begun;
    troubles.plan();
    await finished(world, life.day(), HOUR_MS);
    if (!drawn.isFull && troublesome.length > 0 && troubles.begun === before)
      await finished(world, troubles.next(), HOUR_MS); // no day without a trouble
    world.look(`end of day ${day}`);
    begun.push(troubles.begun - before);
  }
  const { dockings } = life;
  const early = world.required.length - judge.undelivered(world.required).length;
  troubles.end();
  stopCuts();
  world.wire.evil?.end();
  if (isMisread) await answerStore(world);
  await deliver(world, life, {
    withinMs: evil ? DELIVERED_EVIL_MS : DELIVERED_MS,
    mayStand: isMisread ? MISREADS_MAY_STAND : MAY_STAND,
  });
  judge.problems.push(...lastProblems(world), ...(world.wire.evil?.problems ?? []));
  return {
    seed,
    problems: isMisread ? unexplained(world, judge.problems) : judge.problems,
    digest: trace.digest(),
    events: timeline.events,
    recordings: world.recordings.length,
    early,
    dockings,
    bytes: world.recordings.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    troubles: begun,
    evilActs: [...(world.wire.evil?.acts.values() ?? [])].reduce((sum, count) => sum + count, 0),
    last: trace.last,
  };
}

/** Until the returned function is called. */
function cutAgain(world: World, everyMs: number): () => void {
  const state = { isOver: false };
  const cut = (): void => {
    if (state.isOver) return;
    world.cutStation();
    world.timeline.after(everyMs, cut);
  };
  world.timeline.after(everyMs, cut);
  return () => {
    state.isOver = true;
  };
}

/**
 * A store to which a page of a station's log was shown wrong shows less than it had signed for: it has put something of that log into its quarantine,
 * and a person who was asked by the condition looks there and says what became of the store (SPEC 6.10.2.3).
 */
async function answerStore(world: World): Promise<void> {
  const { timeline, conditions, store } = world;
  await timeline.run(() => conditions.has('store.rolled-back'), timeline.nowMs + STANDS_MS);
  const aside = [...store.disk.files.tree(`${VAULT}/.quarantine`).values()];
  if (!conditions.has('store.rolled-back')) return;
  if (!aside.some((bytes) => Buffer.from(bytes ?? []).includes('custody'))) return;
  await finished(world, world.stopStore(), HOUR_MS);
  await plantStatement(store.disk.files, new Date(BEGIN_MS + timeline.nowMs).toISOString());
  world.bootStore();
}

/** Once nothing fails any more, all is delivered, and the programs end. */
export async function deliver(
  world: World,
  days: Days,
  { withinMs = DELIVERED_MS, mayStand = MAY_STAND } = {},
): Promise<void> {
  const { timeline, judge } = world;
  const untilMs = timeline.nowMs + withinMs;
  await finished(world, days.lastDockings(untilMs), 2 * withinMs);
  const waits = whatWaits(world);
  const standing = (): string[] => [...world.conditions.keys()].filter((code) => !mayStand.has(code));
  // A program that still looks through what a cut left would be judged by what it has not fixed yet.
  await timeline.run(() => world.isUp && waits().length === 0, untilMs);
  // A condition that ends is told to the log, which then waits for the store once more.
  await timeline.run(() => standing().length === 0 && waits().length === 0, timeline.nowMs + STANDS_MS);
  for (const { camera, path } of judge.undelivered(world.required))
    judge.problems.push(`${path} of ${camera} was not delivered although nothing failed any more`);
  if (!world.isUp) judge.problems.push('a program is not ready although nothing failed any more');
  for (const what of waits()) judge.problems.push(`${what} still waits although nothing failed any more`);
  for (const code of standing())
    judge.problems.push(
      `condition ${code} stands although nothing fails any more: ${world.conditions.get(code)}`,
    );
  await finished(world, world.stop(), HOUR_MS);
  for (const name of unsent(world))
    judge.problems.push(`the end of ${name} is not at the store although the station ended in order`);
}

/** Segments that ended with their station, in order, and that the store does not hold to their last line. */
export function unsent({ station, store, site }: World): readonly string[] {
  const folder = `${SPOOL}/custody`;
  const { durable } = store.disk;
  return (station.disk.files.peekNames(folder) ?? [])
    .filter((name) => name.endsWith('.jsonl'))
    .filter((name) => {
      const own = station.disk.files.peek(`${folder}/${name}`);
      const stored = durable.bytes(`${VAULT}/${site.station}/custody/${name}`);
      return isEndOfLog(own) && !isEndStored(own, stored);
    });
}

/** Asks after every event, and looks where a disk has changed since. */
function whatWaits(world: World): () => readonly string[] {
  const { station, store } = world;
  let lookedAt: number | undefined;
  let found: readonly string[] = [];
  return () => {
    const changes = station.disk.changes + store.disk.changes;
    if (changes !== lookedAt) found = waiting(world);
    lookedAt = changes;
    return found;
  };
}

/** What in the spool waits for its record, its receipt, or for the store to hold whole lines of it. */
function waiting(world: World): readonly string[] {
  const { durable } = world.station.disk;
  const isRecorded = (docking: string): boolean =>
    world.store.disk.durable.bytes(`${VAULT}/${world.site.station}/${docking}/receipt.json`) !== undefined;
  // A journal that could not be removed after its record, or of which the power left the beginning, does no harm, and goes with a start.
  const open = (durable.names(`${SPOOL}/docked`) ?? []).filter(
    (name) => !/\.(gone|new)$/.test(name) && !isRecorded(name.split('.')[0] ?? ''),
  );
  const all = ['ready', 'dockings'].flatMap((state) =>
    (durable.names(`${SPOOL}/${state}`) ?? []).map((id) => `${SPOOL}/${state}/${id}`),
  );
  const vault = `${VAULT}/${world.site.station}/custody`;
  const segments = (durable.names(`${SPOOL}/custody`) ?? []).filter((name) => name.endsWith('.jsonl'));
  // What is written to now is waited for to its last line; the end of one that was cut off may stand under no checkpoint.
  const isStored = (name: string): boolean => {
    const own = durable.bytes(`${SPOOL}/custody/${name}`);
    const stored = world.store.disk.durable.bytes(`${vault}/${name}`);
    const isOpen = durable.bytes(`${SPOOL}/custody/${name}.minisig`) === undefined;
    return isOpen ? isEndStored(own, stored) : isLogStored(own, stored);
  };
  return [
    ...segments.filter((name) => !isStored(name)).map((name) => `${SPOOL}/custody/${name}`),
    ...open.map((name) => `${SPOOL}/docked/${name}`),
    ...all.filter((folder) => durable.bytes(`${folder}/receipt.json`) === undefined),
  ];
}

/** Lets time pass until the work is done. */
export async function finished(world: World, work: Promise<void>, msMax: number): Promise<void> {
  const state: { isOver: boolean; error?: unknown } = { isOver: false };
  work.then(
    () => {
      state.isOver = true;
    },
    (error: unknown) => {
      state.isOver = true;
      state.error = error;
    },
  );
  await world.timeline.run(() => state.isOver, world.timeline.nowMs + msMax);
  if (state.error !== undefined) throw state.error;
  if (!state.isOver) world.judge.problems.push(`something did not end within ${msMax} ms`);
}

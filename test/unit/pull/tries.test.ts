// Notes of tries on a disk in memory, over processes that end in order and without a word.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type BrokenOff, isNoteName, readTally, writeAgain } from '../../../agent/pull/tally.ts';
import { Tries, type TriesDeps, type Try } from '../../../agent/pull/tries.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { parseBayId, parseCameraId } from '../../../protocol/format/ids.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { killableFiles } from '../../fakes/files-killable.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';

const FOLDER = '/tries';
const AT = '2026-11-26T08:00:00.000Z';
const { signal } = new AbortController();
const nothing = (): void => undefined;

function file(name: string, bay = 1): BrokenOff {
  return {
    bay: parseBayId(`bay-${bay}`),
    camera: parseCameraId(`cam-${bay}`),
    pathSha256: sha256Hex(Buffer.from(name)),
    sizeBytes: 1000,
  };
}

/** Of an agent that has always run for a while. */
class CalmClock extends ManualClock {
  #looks = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + 60_000 * this.#looks++;
  }
}

/** One that need not fire every timer of a day. */
class LeapingClock extends ManualClock {
  #aheadMs = 0;

  leap(ms: number): void {
    this.#aheadMs += ms;
  }
  override monotonicMs(): number {
    return super.monotonicMs() + this.#aheadMs;
  }
}

function open(disk: CrashDisk, change: Partial<TriesDeps> = {}): Promise<Tries> {
  return Tries.open({
    folder: FOLDER,
    files: disk,
    clock: new CalmClock(),
    log: new MemoryLog(),
    bootId: 'one boot',
    version: '1.0.0',
    ...change,
  });
}

/** A try as a bay makes it. */
async function begin(tries: Tries, ...given: Parameters<Tries['begin']>): Promise<Try> {
  const attempt = await tries.begin(...given);
  await attempt.note();
  return attempt;
}

/** A process that ends without a word while these files are taken. */
async function killedAt(
  disk: CrashDisk,
  files: readonly BrokenOff[],
  change: Partial<TriesDeps> = {},
): Promise<void> {
  const tries = await open(disk, change);
  for (const each of files) await begin(tries, each, signal, nothing);
}

const notes = (disk: CrashDisk): string[] => (disk.peekNames(FOLDER) ?? []).filter(isNoteName);

test('three processes that end at one file set it aside, over starts; a note costs no sync', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 3; end++) {
    const tries = await open(disk);
    expect(tries.isSetAside(file('bad'))).toBe(false);
    expect(tries.isAlone(file('bad'))).toBe(end === 2);
    const synced = disk.calls('sync') + disk.calls('syncFolder');
    await begin(tries, file('bad'), signal, nothing);
    expect(notes(disk)).toHaveLength(1);
    expect(disk.calls('sync') + disk.calls('syncFolder')).toBe(synced);
  }
  expect((await open(disk)).isSetAside(file('bad'))).toBe(true);
  expect(notes(disk)).toEqual([]);
  expect((await open(disk)).isSetAside(file('bad'))).toBe(true);
  expect((await open(disk.crash(disk.steps, 'nothing'))).isSetAside(file('bad'))).toBe(true);
});

test('tries that end in order, whatever became of the file, and those that a stop ended count for nothing', async () => {
  const disk = new CrashDisk();
  for (let run = 0; run < 4; run++) {
    const tries = await open(disk);
    for (const isTaken of [false, true]) await (await begin(tries, file('a'), signal, nothing)).end(isTaken);
    const cut = await begin(tries, file('b'), signal, nothing);
    await tries.stop();
    expect(notes(disk)).toEqual([]);
    await begin(tries, file('c'), signal, nothing); // the stop has begun, and nobody waits for what goes on
    await cut.end(false);
  }
  const tries = await open(disk);
  expect([file('a'), file('b'), file('c')].filter((each) => tries.isAlone(each))).toEqual([]);
  expect(await readTally(disk, FOLDER)).toBeUndefined();
});

test('a power cut counts for nothing, nor does a machine that tells no boot id', async () => {
  const disk = new CrashDisk();
  for (let boot = 0; boot < 5; boot++) await killedAt(disk, [file('a')], { bootId: `boot ${boot}` });
  for (let end = 0; end < 5; end++) await killedAt(disk, [file('b')], { bootId: null });
  const tries = await open(disk);
  expect([file('a'), file('b')].filter((each) => tries.isAlone(each))).toEqual([]);
});

test('another version of the agent counts anew, and so does the one before once it is back', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 3; end++) await killedAt(disk, [file('bad')]);
  const log = new MemoryLog();
  const newer = await open(disk, { version: '1.0.1', log });
  expect(newer.isAlone(file('bad'))).toBe(false);
  expect(log.messages('info')).toEqual(['deferred files of another version will be retried']);
  await newer.begin(file('bad'), signal, nothing);
  expect((await open(disk)).isAlone(file('bad'))).toBe(false);
  await killedAt(disk, [file('bad')], { version: '1.0.1' });
  expect((await open(disk)).isAlone(file('bad'))).toBe(false);
  for (let end = 0; end < 2; end++) await killedAt(disk, [file('bad')]);
  expect((await open(disk)).isAlone(file('bad'))).toBe(true);
});

test('a file that was taken after all is forgotten, durably', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 2; end++) await killedAt(disk, [file('a')]);
  const tries = await open(disk);
  expect(tries.isAlone(file('a'))).toBe(true);
  await (await begin(tries, file('a'), signal, nothing)).end(true);
  expect((await open(disk.crash(disk.steps, 'nothing'))).isAlone(file('a'))).toBe(false);
});

test('a person’s word gives what is set aside one more try, to a running agent and to the next start', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 3; end++) await killedAt(disk, [file('bad')]);
  const clock = new ManualClock();
  let again = 0;
  const tries = await open(disk, { clock });
  const ending = new AbortController();
  void (async () => {
    for await (const _ of tries.again.read(ending.signal)) again++;
  })();
  const running = tries.run(ending.signal);
  await clock.advance(6000);
  expect(tries.isSetAside(file('bad'))).toBe(true);
  await writeAgain(disk, FOLDER, AT);
  await clock.advance(6000);
  expect([tries.isSetAside(file('bad')), tries.isAlone(file('bad')), again]).toEqual([false, true, 1]);
  await clock.advance(20_000);
  expect(again).toBe(1);
  await begin(tries, file('bad'), signal, nothing);
  ending.abort();
  await running;
  expect((await open(disk)).isSetAside(file('bad'))).toBe(true);
  await writeAgain(disk, FOLDER, AT);
  expect((await open(disk)).isSetAside(file('bad'))).toBe(false);
  expect((await open(disk)).isSetAside(file('bad'))).toBe(false);
});

test('who must wait to be alone says so, and is not noted meanwhile', async () => {
  const disk = new CrashDisk();
  const clock = new ManualClock();
  for (let end = 0; end < 2; end++) await killedAt(disk, [file('a')]);
  const tries = await open(disk, { clock });
  const other = await begin(tries, file('b', 2), signal, nothing);
  let waited = 0;
  const alone = begin(tries, file('a'), signal, () => waited++);
  await clock.advance(150_000);
  expect(waited).toBe(3);
  expect(notes(disk)).toHaveLength(1);
  await other.end(true);
  const attempt = await alone;
  expect(notes(disk)).toHaveLength(1);
  await attempt.end(true);
  expect(clock.pending).toBe(0);
});

test('what something else ends again and again, sooner than the agent is calm, holds nothing against a file', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 8; end++) {
    const clock = new ManualClock();
    const tries = await open(disk, { clock });
    void begin(tries, file('a'), signal, nothing);
    await clock.advance(14_000);
    expect(notes(disk)).toHaveLength(end < 2 ? 1 : 0);
  }
  const clock = new ManualClock();
  const tries = await open(disk, { clock });
  expect([tries.isAlone(file('a')), tries.isSetAside(file('a'))]).toEqual([true, false]);
  const attempt = begin(tries, file('a'), signal, nothing);
  await clock.advance(15_000);
  await (await attempt).end(true);
  expect(tries.isAlone(file('a'))).toBe(false);
});

test('a word that cannot be read or does not go is told once, and gives no try after the other', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 3; end++) await killedAt(disk, [file('bad')]);
  const clock = new ManualClock();
  const log = new MemoryLog();
  const tries = await open(disk, { clock, log });
  const ending = new AbortController();
  const running = tries.run(ending.signal);
  disk.plant(`${FOLDER}/again.json`, '{"type":"try-');
  await clock.advance(60_000);
  expect(log.messages('warn')).toHaveLength(1);
  await writeAgain(disk, FOLDER, AT);
  disk.fail({ operation: 'unlink', nth: 1, times: Number.POSITIVE_INFINITY, code: 'EIO' });
  await clock.advance(60_000);
  expect(log.messages('warn')).toHaveLength(2);
  expect(tries.isSetAside(file('bad'))).toBe(true);
  disk.heal();
  await clock.advance(6000);
  expect(tries.isSetAside(file('bad'))).toBe(false);
  ending.abort();
  await running;
});

test('an agent that has run for a day tries once more, and another day later again', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 3; end++) await killedAt(disk, [file('bad')]);
  const clock = new LeapingClock();
  let again = 0;
  const tries = await open(disk, { clock });
  const ending = new AbortController();
  void (async () => {
    for await (const _ of tries.again.read(ending.signal)) again++;
  })();
  const running = tries.run(ending.signal);
  clock.leap(86_000_000);
  await clock.advance(10_000);
  expect([again, tries.isSetAside(file('bad'))]).toEqual([0, true]);
  clock.leap(500_000);
  await clock.advance(10_000);
  expect([again, tries.isSetAside(file('bad'))]).toEqual([1, false]);
  await begin(tries, file('bad'), signal, nothing);
  clock.leap(80_000_000);
  await clock.advance(10_000);
  expect(again).toBe(1);
  ending.abort();
  await running;
});

test('no failing call of the disk holds up a start, a try or a stop, and none sets aside what did not end the agent', async () => {
  for (let nth = 1; ; nth++) {
    const disk = new CrashDisk();
    for (let end = 0; end < 2; end++) await killedAt(disk, [file('a')]);
    await writeAgain(disk, FOLDER, AT);
    disk.plant(`${FOLDER}/bay-9.1.try`, '{"type":');
    const before = disk.calls('any');
    disk.fail({ operation: 'any', nth, code: 'EIO' });
    const tries = await open(disk);
    for (const name of ['a', 'b']) await (await begin(tries, file(name), signal, nothing)).end(true);
    await tries.stop();
    const tried = disk.calls('any') - before;
    disk.heal();
    const after = await open(disk);
    expect([file('a'), file('b')].filter((each) => after.isSetAside(each))).toEqual([]);
    if (nth > tried) break;
  }
});

test('a power cut at any moment leaves a tally that the next start can use', async () => {
  const disk = new CrashDisk();
  for (let end = 0; end < 2; end++) await killedAt(disk, [file('bad'), file(`good ${end}`, 2)]);
  await killedAt(disk, [file('bad')]);
  const tries = await open(disk);
  expect(tries.isSetAside(file('bad'))).toBe(true);
  for (let step = 0; step <= disk.steps; step++)
    for (const survival of ['nothing', 'everything', 'torn', 'zeros', 1] as const) {
      const log = new MemoryLog();
      const after = await open(disk.crash(step, survival), { bootId: 'the next boot', log });
      expect(log.messages('warn'), `${disk.stepLabel(step)}, ${survival}`).toEqual([]);
      expect([0, 1].filter((end) => after.isSetAside(file(`good ${end}`, 2)))).toEqual([]);
    }
});

/** Eight bays whose cameras hold good and bad files; a bad one ends the process a while after it was begun, whoever runs beside it. */
class Dock {
  readonly #disk = new CrashDisk();
  readonly #random: SeededRandom;
  readonly #left: Map<number, BrokenOff[]>;
  readonly bad = new Set<BrokenOff>();
  readonly aside = new Set<BrokenOff>();
  readonly ends = new Map<BrokenOff, number>();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    const bays = Array.from({ length: 8 }, (_, at) => at + 1);
    this.#left = new Map(
      bays.map((bay) => [
        bay,
        Array.from({ length: 1 + this.#random.below(6) }, (_, at) => file(`${at}`, bay)),
      ]),
    );
    for (const files of this.#left.values())
      for (const each of files) if (this.#random.below(12) === 0) this.bad.add(each);
  }

  get left(): BrokenOff[] {
    return [...this.#left.values()].flat();
  }

  /** One process; true where it had nothing more to do. */
  async live(): Promise<boolean> {
    let isDead = false;
    const death = new AbortController();
    const tries = await open(this.#disk, { files: killableFiles(this.#disk, () => isDead) });
    const end = (by: BrokenOff): void => {
      isDead = true;
      this.ends.set(by, (this.ends.get(by) ?? 0) + 1);
      death.abort();
    };
    const died = new Promise<false>((resolve) =>
      death.signal.addEventListener('abort', () => resolve(false), { once: true }),
    );
    const bays = [...this.#left.keys()].map((bay) => this.#bay(bay, tries, end, () => isDead));
    return Promise.race([died, Promise.all(bays).then(() => !isDead)]);
  }

  async #bay(bay: number, tries: Tries, end: (by: BrokenOff) => void, isDead: () => boolean): Promise<void> {
    const files = [...(this.#left.get(bay) ?? [])];
    files.sort((a, b) => Number(tries.isAlone(a)) - Number(tries.isAlone(b)));
    for (const each of files) {
      if (tries.isSetAside(each)) {
        this.aside.add(each);
        continue;
      }
      const attempt = await begin(tries, each, new AbortController().signal, nothing);
      for (let turn = this.#random.below(6); turn >= 0; turn--) await nextTurn();
      if (isDead()) return;
      if (this.bad.has(each)) return end(each);
      this.#left.set(
        bay,
        (this.#left.get(bay) ?? []).filter((other) => other !== each),
      );
      await attempt.end(true);
    }
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  'of eight bays at a time exactly the files that end the agent are set aside, each behind three ends (seed %i)',
  async (seed) => {
    const dock = new Dock(seed);
    let lives = 1;
    while (!(await dock.live())) if (++lives > 3 * dock.bad.size + 1) break;
    expect(dock.left.toSorted(byName)).toEqual([...dock.bad].toSorted(byName));
    expect([...dock.aside].toSorted(byName)).toEqual([...dock.bad].toSorted(byName));
    expect([...dock.ends.values()].filter((count) => count > 3)).toEqual([]);
  },
);

function byName(a: BrokenOff, b: BrokenOff): number {
  return `${a.bay} ${a.pathSha256}` < `${b.bay} ${b.pathSha256}` ? -1 : 1;
}

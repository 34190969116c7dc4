import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { News } from '../../../agent/dock/docking.ts';
import type { GoodConfig, JudgedConfig } from '../../../agent/station/judged-config.ts';
import { StationRuns } from '../../../agent/station/station-runs.ts';
import { loadStationConfig } from '../../../config/load.ts';
import { problem } from '../../../config/problems.ts';
import { ManualClock, settle } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { exchange, STATION, withFolder } from '../config/files.ts';

const MINUTE_MS = 60_000;

async function good(text: string): Promise<GoodConfig> {
  return withFolder(async (folder) => {
    const file = join(folder, 'station.yaml');
    await writeFile(file, text);
    const loaded = await loadStationConfig(file);
    if (loaded.kind === 'refused') throw new Error(JSON.stringify(loaded.problems));
    // The folder is another one each time, and no part of what is compared here.
    const config = { ...loaded.config, spool: { ...loaded.config.spool, path: '/spool' } };
    return {
      config: { ...config, keys: { signingFile: '/key' }, broker: { ...config.broker, tls: null } },
      sha256: loaded.sha256,
    };
  });
}

/** A process whose file the test edits: `stations` has each that was put up, with the digests in force in it. */
class Rig {
  readonly clock = new ManualClock();
  readonly log = new MemoryLog();
  readonly levels: string[] = [];
  readonly stations: {
    sha256: string[];
    rates: (number | null)[];
    conditions: MemoryConditions;
    isBusy: boolean;
    isUp: boolean;
  }[] = [];
  readonly #edits = new News();
  readonly #end = new AbortController();
  readonly #brokenWith = new Set<string>();
  #file: JudgedConfig;
  #answering: Promise<JudgedConfig> | undefined;
  #stopping: Promise<void> = Promise.resolve();
  /** How often the file was looked at. */
  judged = 0;
  readonly ended: Promise<void>;

  constructor(first: GoodConfig) {
    this.#file = { kind: 'good', good: first };
    const runs = new StationRuns(first, {
      clock: this.clock,
      log: this.log,
      judge: () => {
        this.judged++;
        return this.#answering ?? Promise.resolve(this.#file);
      },
      maybeChanged: (signal) => this.#edits.wait(signal),
      setLogLevel: (level) => this.levels.push(level),
      putUp: async ({ sha256 }) => {
        if (this.stations.some(({ isUp }) => isUp)) throw new Error('two stations at a time');
        if (this.#brokenWith.has(sha256)) throw new Error('no such disk');
        const conditions = new MemoryConditions();
        const station = {
          sha256: [sha256],
          rates: [] as (number | null)[],
          conditions,
          isBusy: false,
          isUp: true,
        };
        this.stations.push(station);
        return {
          conditions: station.conditions,
          isBusy: () => station.isBusy,
          takeOver: (taken) => {
            if (this.#brokenWith.has(taken.sha256)) throw new Error('the log is full');
            station.sha256.push(taken.sha256);
            station.rates.push(taken.config.broker.rateBytesPerS);
          },
          stop: async () => {
            await this.#stopping;
            station.isUp = false;
          },
        };
      },
    });
    this.ended = runs.run(this.#end.signal);
  }

  get last() {
    const last = this.stations.at(-1);
    if (last === undefined) throw new Error('no station was put up');
    return last;
  }

  async edit(file: JudgedConfig): Promise<void> {
    this.#file = file;
    await this.look();
  }

  async look(): Promise<void> {
    this.#edits.ring();
    await settle(8);
  }

  /** From now on a look at the file lasts until the returned function says what it finds. */
  waitsForTheFile(): (found: JudgedConfig) => void {
    let answer: (found: JudgedConfig) => void = () => undefined;
    this.#answering = new Promise((resolve) => (answer = resolve));
    return (found) => {
      this.#file = found;
      this.#answering = undefined;
      answer(found);
    };
  }

  /** From now on a stop lasts until the returned function is called. */
  stopsSlowly(): () => void {
    let goOn = (): void => undefined;
    this.#stopping = new Promise((resolve) => (goOn = resolve));
    return goOn;
  }

  /** Nor can a station that runs take it over. */
  cannotStartWith({ sha256 }: GoodConfig): void {
    this.#brokenWith.add(sha256);
  }

  canStartWith({ sha256 }: GoodConfig): void {
    this.#brokenWith.delete(sha256);
  }

  async end(): Promise<void> {
    this.#end.abort(new Error('asked to end'));
    await this.ended;
  }
}

const REFUSED: JudgedConfig = {
  kind: 'refused',
  problems: [
    problem({ code: 'config.type', file: '/x', message: 'is no number', line: 7, path: 'spool.keep_hours' }),
    problem({ code: 'config.unknown-key', file: '/x', message: 'is unknown', line: 9, path: 'spol' }),
  ],
};

async function rigOf(): Promise<{ rig: Rig; first: GoodConfig; second: GoodConfig }> {
  const first = await good(STATION);
  const second = await good(exchange(STATION, 'alias: Camera 1', 'alias: Red camera'));
  const rig = new Rig(first);
  await settle(8);
  return { rig, first, second };
}

test('a good change puts the station down and up again with it', async () => {
  const { rig, second } = await rigOf();
  await rig.edit({ kind: 'good', good: second });
  expect(rig.stations.map(({ isUp }) => isUp)).toEqual([false, true]);
  expect(rig.last.sha256).toEqual([second.sha256]);
  expect(rig.log.lines.find(({ fields }) => 'parts' in fields)?.fields).toEqual({ parts: ['cameras'] });
  await rig.end();
  expect(rig.last.isUp).toBe(false);
});

test('a bad edit changes nothing, is told once with line and key, and is cleared by a good one', async () => {
  const { rig, first } = await rigOf();
  await rig.edit(REFUSED);
  await rig.look();
  await rig.look();
  expect(rig.stations).toHaveLength(1);
  expect(rig.last.conditions.facts('configuration.refused')).toMatchObject({
    problems: 2,
    line: 7,
    key: 'spool.keep_hours',
  });
  expect(rig.log.messages('error')).toHaveLength(2);
  await rig.edit({ kind: 'good', good: first });
  expect(rig.last.conditions.codes()).toEqual([]);
  await rig.edit(REFUSED);
  expect(rig.log.messages('error')).toHaveLength(4);
  await rig.end();
});

test('a camera that is being read is not interrupted, and a later edit meanwhile is the one that counts', async () => {
  const { rig, second } = await rigOf();
  rig.last.isBusy = true;
  await rig.edit({ kind: 'good', good: second });
  await rig.clock.advance(30 * MINUTE_MS);
  expect(rig.stations).toHaveLength(1);
  const third = await good(exchange(STATION, 'alias: Camera 1', 'alias: Blue camera'));
  await rig.edit({ kind: 'good', good: third });
  rig.last.isBusy = false;
  await rig.clock.advance(1000);
  expect(rig.last.sha256).toEqual([third.sha256]);
  await rig.end();
});

test('a station that is never at rest takes the change over after an hour', async () => {
  const { rig, second } = await rigOf();
  rig.last.isBusy = true;
  await rig.edit({ kind: 'good', good: second });
  await rig.clock.advance(59 * MINUTE_MS);
  expect(rig.stations).toHaveLength(1);
  await rig.clock.advance(2 * MINUTE_MS);
  expect(rig.last.sha256).toEqual([second.sha256]);
  await rig.end();
});

test('an edit that was taken back while a camera was read changes nothing', async () => {
  const { rig, first, second } = await rigOf();
  rig.last.isBusy = true;
  await rig.edit({ kind: 'good', good: second });
  await rig.edit({ kind: 'good', good: first });
  await rig.clock.advance(2000);
  rig.last.isBusy = false;
  await rig.clock.advance(2 * MINUTE_MS);
  expect(rig.stations).toHaveLength(1);
  await rig.end();
});

test('another log level and other comments need no new start, and stand in the log as in force', async () => {
  const { rig, first } = await rigOf();
  const louder = await good(`${STATION}log:\n  level: debug\n# a comment\n`);
  await rig.edit({ kind: 'good', good: louder });
  const commented = await good(`${STATION}log:\n  level: debug\n# another comment\n`);
  await rig.edit({ kind: 'good', good: commented });
  await rig.look();
  expect(rig.stations.map(({ sha256 }) => sha256)).toEqual([[first.sha256, louder.sha256, commented.sha256]]);
  expect(rig.levels.at(-1)).toBe('debug');
  await rig.end();
});

test('where the station does not start with the new file it goes on with the old one, and tries another edit', async () => {
  const { rig, first, second } = await rigOf();
  rig.cannotStartWith(second);
  await rig.edit({ kind: 'good', good: second });
  expect(rig.stations.map(({ sha256 }) => sha256)).toEqual([[first.sha256], [first.sha256]]);
  expect(rig.last.conditions.facts('configuration.refused')).toMatchObject({ reason: 'no such disk' });
  await rig.look();
  await rig.look();
  expect(rig.stations).toHaveLength(2);
  const third = await good(exchange(STATION, 'alias: Camera 1', 'alias: Blue camera'));
  await rig.edit({ kind: 'good', good: third });
  expect(rig.last.sha256).toEqual([third.sha256]);
  expect(rig.last.conditions.codes()).toEqual([]);
  await rig.end();
});

test('a station that does not come up at the first start ends the run with its error', async () => {
  const first = await good(STATION);
  const runs = new StationRuns(first, {
    clock: new ManualClock(),
    log: new MemoryLog(),
    judge: async () => ({ kind: 'good', good: first }),
    maybeChanged: () => new Promise(() => undefined),
    setLogLevel: () => undefined,
    putUp: () => Promise.reject(new Error('the spool is taken')),
  });
  await expect(runs.run(new AbortController().signal)).rejects.toThrow('the spool is taken');
});

test('an end that is asked for while the station goes up does not wait for longer than ten seconds', async () => {
  const clock = new ManualClock();
  const end = new AbortController();
  const first = await good(STATION);
  const runs = new StationRuns(first, {
    clock,
    log: new MemoryLog(),
    judge: async () => ({ kind: 'good', good: first }),
    maybeChanged: () => new Promise(() => undefined),
    setLogLevel: () => undefined,
    putUp: () => new Promise(() => undefined),
  });
  let hasEnded = false;
  const ended = runs.run(end.signal).then(() => (hasEnded = true));
  await clock.advance(60_000);
  end.abort(new Error('asked to end'));
  await clock.advance(9000);
  expect(hasEnded).toBe(false);
  await clock.advance(1000);
  await ended;
});

test('a mount that the file names and that does not answer is told, keeps no station from its end, and is waited for once', async () => {
  const { rig, second } = await rigOf();
  const answer = rig.waitsForTheFile();
  await rig.look();
  await rig.clock.advance(MINUTE_MS);
  await rig.look();
  expect(rig.last.conditions.codes()).toEqual(['configuration.refused']);
  expect(rig.judged).toBe(2); // one look at the start, and this one
  answer({ kind: 'good', good: second });
  await settle(8);
  expect(rig.stations.map(({ isUp }) => isUp)).toEqual([false, true]);
  expect(rig.last.conditions.codes()).toEqual([]);

  rig.waitsForTheFile();
  await rig.look();
  await rig.end();
  expect(rig.last.isUp).toBe(false);
});

test('who asks for the end while a station is put down for a change gets no other one, with dockings of its own', async () => {
  const { rig, second } = await rigOf();
  const goOn = rig.stopsSlowly();
  await rig.edit({ kind: 'good', good: second });
  const ended = rig.end();
  goOn();
  await ended;
  expect(rig.stations.map(({ isUp }) => isUp)).toEqual([false]);
});

test('limits of the uplink are handed to the station that runs, while a camera is read as well', async () => {
  const { rig } = await rigOf();
  rig.last.isBusy = true;
  const limited = await good(exchange(STATION, 'broker:\n', 'broker:\n  rate_bytes_per_s: 20000\n'));
  await rig.edit({ kind: 'good', good: limited });
  expect(rig.stations).toHaveLength(1);
  expect(rig.last.rates).toEqual([20_000]);
  expect(rig.last.sha256.at(-1)).toBe(limited.sha256);
  await rig.end();
});

test('what the log cannot take is in force only once it can, and ends no station', async () => {
  const { rig, first } = await rigOf();
  const louder = await good(`${STATION}log:\n  level: debug\n`);
  rig.cannotStartWith(louder);
  await rig.edit({ kind: 'good', good: louder });
  await rig.look();
  expect(rig.stations.map(({ sha256, isUp }) => [sha256, isUp])).toEqual([[[first.sha256], true]]);
  expect(rig.levels).toEqual([]);
  expect(rig.log.messages('warn')).toHaveLength(2);
  rig.canStartWith(louder);
  await rig.look();
  expect(rig.last.sha256).toEqual([first.sha256, louder.sha256]);
  expect(rig.levels).toEqual(['debug']);
  await rig.end();
});

test('the same text is taken over where the machine gives it another meaning, and only there', async () => {
  const text = exchange(STATION, 'folder: /media/bay-1', 'usb_port: xhci-hcd.0/usb2-1.3');
  const first = await good(text);
  const rig = new Rig(first);
  await settle(8);
  await rig.edit({ kind: 'good', good: { ...first } });
  expect(rig.stations).toHaveLength(1);
  const [bay, ...others] = first.config.bays;
  if (bay === undefined) throw new Error('no bay');
  const config = { ...first.config, bays: [{ ...bay, usbPort: '4-1.3' }, ...others] };
  await rig.edit({ kind: 'good', good: { ...first, config } });
  expect(rig.stations.map(({ isUp }) => isUp)).toEqual([false, true]);
  await rig.end();
});

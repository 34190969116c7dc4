// A store's log before a witness: the witness in memory and a stock one are asked alike.
import { STORE_CONDITION_TABLE } from '../../agent/monitoring/store-condition-table.ts';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Post } from '../../agent/platform/http-post.ts';
import { LogTree } from '../../agent/receiver/custody/log-tree.ts';
import {
  OUTSIDE_FIRST_MS,
  OUTSIDE_ROUND_MS,
  OutsideWord,
} from '../../agent/receiver/custody/outside-word.ts';
import type { TimestampsConfig } from '../../config/receiver-config.ts';
import {
  makeSecretKey,
  type PublicKey,
  publicKeyOf,
  type SecretKey,
} from '../../protocol/documents/minisign.ts';
import { COSIGNED, LOG } from '../../protocol/format/file-names.ts';
import { verifyCheckpoint } from '../../protocol/transparency/checkpoint.ts';
import type { NoteKey } from '../../protocol/transparency/signed-note.ts';
import { ManualClock } from '../fakes/clock-manual.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { CrashDisk } from '../fakes/files-crash.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import { fastSigner } from '../fakes/signer-fast.ts';
import { until } from '../fakes/until.ts';

const KEEPER = '/vault/r-store';
const ROUND_MS_MAX = 20_000;

/** A witness; `pause` while it is not to be reached. */
export interface TestedWitness {
  readonly key: NoteKey;
  readonly url: string;
  readonly post: Post;
  /** Origin by which it knows a log of this key. */
  originOf(key: PublicKey): string;
  /** From now on it serves the log of this key. */
  knows(key: PublicKey): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** A store's tree on a disk of its own, and one that asks for it. */
export class WitnessedLog {
  readonly conditions = new MemoryConditions();
  readonly clock = new ManualClock(Date.now());
  readonly disk = new CrashDisk();
  readonly origin: string;
  readonly publicKey: PublicKey;
  readonly #key: SecretKey;
  #tree: LogTree | undefined;

  constructor(key: SecretKey, origin: string) {
    this.#key = key;
    this.origin = origin;
    this.publicKey = publicKeyOf(key);
    for (const folder of ['/vault', KEEPER, join(KEEPER, LOG)]) this.disk.plantFolder(folder);
  }

  /** Another log of the same key, of which nothing is there yet. */
  again(): WitnessedLog {
    return new WitnessedLog(this.#key, this.origin);
  }

  async grow(lines: number, from = 0): Promise<void> {
    const place = { files: this.disk, keeper: KEEPER, origin: this.origin };
    this.#tree ??= await LogTree.open(place, undefined, () => Promise.resolve([]));
    this.#tree.append(Array.from({ length: lines }, (_, at) => Buffer.from(`line ${from + at}`)));
    await this.#tree.publish(fastSigner(this.#key), this.publicKey);
  }

  get folder(): string {
    return this.#tree?.folder ?? '';
  }

  note(name: string): string | undefined {
    const bytes = this.disk.peek(join(this.folder, name));
    return bytes && Buffer.from(bytes).toString();
  }

  asks(
    witnesses: readonly { readonly key: NoteKey; readonly url: string }[],
    post: Post,
    timestamps: Pick<TimestampsConfig, 'url'> | null = null,
  ): OutsideWord {
    const { clock, conditions, disk: files, publicKey } = this;
    const folder = (): Promise<string> => Promise.resolve(this.folder);
    const log = new MemoryLog();
    const ports = { files, clock, log, conditions };
    return new OutsideWord({ witnesses, timestamps, folder, publicKey, post, ...ports });
  }
}

/** Rounds of one that was just started, up to the third, until `isOver`; before that it is not. */
export async function threeRounds(
  log: WitnessedLog,
  word: OutsideWord,
  isOver: () => boolean,
): Promise<void> {
  word.start();
  for (const ms of [OUTSIDE_FIRST_MS, OUTSIDE_ROUND_MS]) {
    await log.clock.advance(ms);
    await untilWaits(log);
    expect(isOver()).toBe(false);
  }
  await log.clock.advance(OUTSIDE_ROUND_MS);
  await until('the third round', ROUND_MS_MAX, isOver);
}

/** Until a round is over and the next one is waited for. */
async function untilWaits(log: WitnessedLog): Promise<void> {
  await until('the end of a round', ROUND_MS_MAX, () => log.clock.pending > 0);
}

/** One round of one that was just started, until `isOver`. */
export async function oneRound(log: WitnessedLog, word: OutsideWord, isOver: () => boolean): Promise<void> {
  word.start();
  await log.clock.advance(OUTSIDE_FIRST_MS);
  await until('a round', ROUND_MS_MAX, isOver);
  await log.clock.advance(1);
}

export function outsideWordContract(
  name: string,
  open: () => Promise<TestedWitness>,
  close: () => Promise<void>,
): void {
  describe(name, () => {
    let witness: TestedWitness;
    let logs = 0;
    beforeAll(async () => {
      witness = await open();
    });
    afterAll(close);

    function fresh(): WitnessedLog {
      const key = makeSecretKey(seededRandom(++logs));
      return new WitnessedLog(key, witness.originOf(publicKeyOf(key)));
    }

    async function known(lines = 3): Promise<WitnessedLog> {
      const log = fresh();
      await log.grow(lines);
      await witness.knows(log.publicKey);
      return log;
    }

    function cosigned(log: WitnessedLog): {
      readonly size: number;
      readonly time: number | null | undefined;
    } {
      const note = log.note(COSIGNED) ?? '';
      const found = verifyCheckpoint(note, log.origin, [log.publicKey.key], [witness.key]);
      return { size: found.size, time: found.signatures[1]?.time };
    }

    const isCosigned = (log: WitnessedLog) => (): boolean => log.note(COSIGNED) !== undefined;

    test('cosigns a log as it grows, each hour and at the stop', async () => {
      const log = await known();
      const word = log.asks([witness], witness.post);
      await oneRound(log, word, isCosigned(log));
      const first = cosigned(log);
      expect(Math.abs(Number(first.time) - Date.now() / 1000)).toBeLessThan(60);
      await log.grow(300, 10);
      await log.clock.advance(OUTSIDE_ROUND_MS);
      await until('the next one', ROUND_MS_MAX, () => cosigned(log).size > first.size);
      await log.grow(5, 400);
      const before = cosigned(log).size;
      await word.stop();
      expect(cosigned(log).size).toBeGreaterThan(before);
      expect(log.conditions.codes()).toEqual([]);
    });

    test('is asked from the size that it says where the kept note was lost', async () => {
      const log = await known(5);
      await oneRound(log, log.asks([witness], witness.post), isCosigned(log));
      await log.disk.unlink(join(log.folder, COSIGNED));
      await log.grow(5, 10);
      await oneRound(log, log.asks([witness], witness.post), isCosigned(log));
      expect(log.conditions.codes()).toEqual([]);
    });

    test('that saw more lines than the store has, or others, is reported for good', async () => {
      const log = await known(4);
      await log.grow(4, 10);
      await oneRound(log, log.asks([witness], witness.post), isCosigned(log));
      const isForked = (of: WitnessedLog) => (): boolean =>
        of.conditions.isRaised('log.witness-forked', witness.key.name);
      const shorter = log.again();
      await shorter.grow(4);
      await oneRound(shorter, shorter.asks([witness], witness.post), isForked(shorter));
      const asLong = log.again();
      await asLong.grow(8, 100);
      await oneRound(asLong, asLong.asks([witness], witness.post), isForked(asLong));
      const other = log.again();
      await other.grow(4);
      await other.grow(9, 100);
      const word = other.asks([witness], witness.post);
      await oneRound(other, word, isForked(other));
      await other.clock.advance(OUTSIDE_ROUND_MS);
      await word.stop();
      expect(isForked(other)()).toBe(true);
      expect(other.note(COSIGNED)).toBeUndefined();
    });

    test('that is not reached for a day is reported, and then no more once it answers', async () => {
      const log = await known();
      const word = log.asks([witness], witness.post);
      const isSilent = (): boolean => log.conditions.isRaised('log.witness-silent', witness.key.name);
      await oneRound(log, word, isCosigned(log));
      await witness.pause();
      await log.clock.advance(2 * OUTSIDE_ROUND_MS);
      expect(isSilent()).toBe(false);
      for (let hours = 0; hours < 30 && !isSilent(); hours++) {
        await log.clock.advance(OUTSIDE_ROUND_MS);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(isSilent()).toBe(true);
      await witness.resume();
      await log.clock.advance(OUTSIDE_ROUND_MS);
      await until('the end of it', ROUND_MS_MAX, () => !isSilent());
      await word.stop();
    });

    test('that does not know the log is reported after three tries', async () => {
      const log = fresh();
      await log.grow(2);
      const word = log.asks([witness], witness.post);
      await threeRounds(log, word, () => log.conditions.isRaised('log.witness-silent', witness.key.name));
      expect(log.conditions.facts('log.witness-silent', witness.key.name)).toEqual({
        reason: expect.stringMatching(/^refused with 40[34]$/) as unknown,
      });
      expect(STORE_CONDITION_TABLE['log.witness-silent']?.remedy.en).toContain('know the key of the log');
      await word.stop();
    });
  });
}

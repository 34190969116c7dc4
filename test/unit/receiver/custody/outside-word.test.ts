import { expect, test } from 'vitest';
import { OUTSIDE_ROUND_MS } from '../../../../agent/receiver/custody/outside-word.ts';
import type { Post } from '../../../../agent/platform/http-post.ts';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { CHECKPOINT, COSIGNED } from '../../../../protocol/format/file-names.ts';
import { parseReceiverId } from '../../../../protocol/format/ids.ts';
import { logOrigin, originKey, verifyCheckpoint } from '../../../../protocol/transparency/checkpoint.ts';
import { noteKeyId } from '../../../../protocol/transparency/signed-note.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import { BenchTop, STORE_KEY } from '../bench-top.ts';
import {
  oneRound,
  outsideWordContract,
  threeRounds,
  WitnessedLog,
} from '../../../contracts/outside-word-contract.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { MemoryWitness } from '../../../fakes/witness-memory.ts';

const KEY = makeSecretKey(seededRandom(90));
const memory = new MemoryWitness();
outsideWordContract(
  'a witness in memory',
  () =>
    Promise.resolve({
      key: memory.key,
      url: memory.url,
      post: memory.post,
      originOf: (key) => memory.originOf(key),
      knows: (key) => memory.knows(key),
      pause: () => Promise.resolve(void (memory.isThere = false)),
      resume: () => Promise.resolve(void (memory.isThere = true)),
    }),
  () => Promise.resolve(),
);

test('a cosignature that does not verify is not kept', async () => {
  const [honest, liar] = [new MemoryWitness(), new MemoryWitness()];
  const log = new WitnessedLog(KEY, honest.originOf(publicKeyOf(KEY)));
  await log.grow(3);
  for (const each of [honest, liar]) await each.knows(log.publicKey);
  const word = log.asks([{ key: honest.key, url: liar.url }], liar.post);
  await threeRounds(log, word, () => log.conditions.isRaised('log.witness-silent', honest.key.name));
  expect(log.note(COSIGNED)).toBeUndefined();
});

test('what a witness cosigned stays while it is silent and another one cosigns more, and it is asked from there', async () => {
  const [one, other] = [new MemoryWitness(), new MemoryWitness()];
  const log = new WitnessedLog(KEY, one.originOf(publicKeyOf(KEY)));
  for (const each of [one, other]) await each.knows(log.publicKey);
  const url = 'http://other.test';
  const post: Post = (request) =>
    request.url.startsWith(url)
      ? other.post({ ...request, url: request.url.replace(url, other.url) })
      : one.post(request);
  const witnesses = [
    { key: one.key, url: one.url },
    { key: other.key, url },
  ];
  const sizeBy = (name: string, { key }: MemoryWitness): unknown => {
    const found = verifyCheckpoint(log.note(name) ?? '', log.origin, [log.publicKey.key], [key]);
    return [found.size, found.signatures.length];
  };
  const round = async (size: number): Promise<void> => {
    const word = log.asks(witnesses, post);
    await oneRound(log, word, () => log.note(COSIGNED)?.split('\n')[1] === String(size));
    await word.stop();
  };
  await log.grow(3);
  await round(3);
  one.isThere = false;
  await log.grow(2, 10);
  await round(5);
  expect(sizeBy(COSIGNED, other)).toEqual([5, 2]);
  const earlier = `${COSIGNED}-${noteKeyId(one.key)}`;
  expect(sizeBy(earlier, one)).toEqual([3, 2]);
  await log.grow(2, 20);
  await round(7);
  expect(sizeBy(earlier, one)).toEqual([3, 2]);
  one.isThere = true;
  const before = one.answered.length;
  await round(7);
  expect(one.answered.slice(before)).not.toContain(409);
  expect(sizeBy(COSIGNED, one)).toEqual([7, 2]);
});

test('is asked by no proof of a damaged tile, which it would take for another log', async () => {
  const witness = new MemoryWitness();
  const log = new WitnessedLog(KEY, witness.originOf(publicKeyOf(KEY)));
  await witness.knows(log.publicKey);
  await log.grow(300);
  const word = log.asks([{ key: witness.key, url: witness.url }], witness.post);
  await oneRound(log, word, () => log.note(COSIGNED) !== undefined);
  await log.grow(10, 300);
  const tile = `${log.folder}/tile/0/001.p/54`;
  log.disk.corrupt(tile, (bytes) => bytes.map((byte) => byte ^ 1));
  await log.clock.advance(25 * OUTSIDE_ROUND_MS);
  await word.stop();
  expect(witness.answered).toEqual([200]);
  expect(log.conditions.isRaised('log.witness-forked', witness.key.name)).toBe(false);
});

test('an answer of the authority that is no token, or one over something else, is not kept', async () => {
  for (const hex of ['3003020102', '30030201000000', '3082']) {
    const log = new WitnessedLog(KEY, 'log.test/stamped');
    await log.grow(3);
    const post: Post = () => Promise.resolve({ status: 200, body: Buffer.from(hex, 'hex') });
    const word = log.asks([], post, { url: 'http://time.test/tsr' });
    await threeRounds(log, word, () => log.conditions.isRaised('log.not-stamped'));
    expect([...log.disk.tree('/vault')].filter(([name]) => name.endsWith('.tsr'))).toEqual([]);
  }
});

test('a receiver that stops has all that it entered cosigned', async () => {
  const top = new BenchTop(7);
  const witness = new MemoryWitness();
  const choice = { witnesses: [{ key: witness.key, url: witness.url }], post: witness.post };
  const receiver = await top.receiver(choice);
  const origin = logOrigin(receiver.vault.id, parseReceiverId('r-a'));
  witness.serves(originKey(origin, publicKeyOf(STORE_KEY).key));
  const station = await top.station();
  station.push(top.sample(50));
  await top.until('receipt', () => station.receipts.size === 1);
  await whileTimePasses(
    top.clock,
    top.until('an hour', () => witness.answered.length > 0),
  );
  await receiver.stop();
  const read = (name: string): string =>
    Buffer.from(top.disk.peek(`/vault/r-a/log/${name}`) ?? []).toString();
  const found = verifyCheckpoint(read(COSIGNED), origin, [publicKeyOf(STORE_KEY).key], [witness.key]);
  expect(found.signatures).toHaveLength(2);
  expect(read(COSIGNED).startsWith(read(CHECKPOINT))).toBe(true);
  expect(witness.answered.every((status) => status === 200)).toBe(true);
});

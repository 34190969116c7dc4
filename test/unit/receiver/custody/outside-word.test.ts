import { expect, test } from 'vitest';
import type { Post } from '../../../../agent/platform/http-post.ts';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import { COSIGNED } from '../../../../protocol/format/file-names.ts';
import { oneRound, outsideWordContract, WitnessedLog } from '../../../contracts/outside-word-contract.ts';
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
  await oneRound(log, word, () => log.conditions.isRaised('log.witness-silent', honest.key.name));
  expect(log.note(COSIGNED)).toBeUndefined();
});

test('an answer of the authority that is no token, or one over something else, is not kept', async () => {
  for (const hex of ['3003020102', '30030201000000', '3082']) {
    const log = new WitnessedLog(KEY, 'log.test/stamped');
    await log.grow(3);
    const post: Post = () => Promise.resolve({ status: 200, body: Buffer.from(hex, 'hex') });
    const word = log.asks([], post, { url: 'http://time.test/tsr' });
    await oneRound(log, word, () => log.conditions.isRaised('log.not-stamped'));
    expect([...log.disk.tree('/vault')].filter(([name]) => name.endsWith('.tsr'))).toEqual([]);
  }
});

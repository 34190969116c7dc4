import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNIT_BYTES } from '../../../../protocol/format/limits.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import {
  openReceiverWorker,
  type ReceiverWorker,
} from '../../../../agent/receiver/transfer/receiver-worker.ts';
import { Slabs } from '../../../../agent/receiver/transfer/slabs.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { makeSample } from '../sample.ts';

const random = new SeededRandom(1);
const key = makeSecretKey(random);
const slabs = new Slabs(2);
let worker: ReceiverWorker;
let folder: string;

beforeAll(async () => {
  worker = await openReceiverWorker(slabs);
  folder = await mkdtemp(join(tmpdir(), 'worker-'));
});
afterAll(async () => {
  await worker.close();
  await rm(folder, { recursive: true });
});

test('a digest message on its way to the worker leaves the memory that it came in untouched', async () => {
  const sample = makeSample(random, key, 2 * UNIT_BYTES);
  const places = { payloadPath: join(folder, 'payload'), chunksPath: join(folder, 'chunks') };
  await writeFile(places.payloadPath, '');
  await writeFile(places.chunksPath, '');
  const work = await worker.units.open(places, sample.subject, { kind: 'write', digestsWhole: false });
  const received = Buffer.concat([Buffer.from('head'), sample.chunks, Buffer.from('tail')]);
  const before = createHash('sha256').update(received).digest('hex');
  expect(await work.appendDigests(0, received.subarray(4, 68))).toBe('whole');
  expect(createHash('sha256').update(received).digest('hex')).toBe(before);
  await work.close();
});

test('a recording that a worker before this one had open is told apart from a wrong unit', async () => {
  const sample = makeSample(random, key, 100);
  const places = { payloadPath: join(folder, 'payload'), chunksPath: join(folder, 'chunks') };
  const work = await worker.units.open(places, sample.subject, { kind: 'read' });
  await work.close();
  await expect(work.holdsUnit(0)).rejects.toMatchObject({ code: 'units.not-open' });
});

test('errors of the system come with their code', async () => {
  const sample = makeSample(random, key, 100);
  const places = { payloadPath: join(folder, 'nothing'), chunksPath: join(folder, 'nothing') };
  await expect(worker.units.open(places, sample.subject, { kind: 'read' })).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect(await worker.units.checkDigests(places.chunksPath, sample.subject)).toBe(false);
});

test('a unit that is found is written once more where that is asked for, and only then', async () => {
  const sample = makeSample(random, key, UNIT_BYTES + 9);
  const places = { payloadPath: join(folder, 'found'), chunksPath: join(folder, 'found-chunks') };
  await writeFile(places.payloadPath, sample.payload);
  await writeFile(places.chunksPath, sample.chunks);
  const work = await worker.units.open(places, sample.subject, { kind: 'write', digestsWhole: true });
  const writtenAt = async (): Promise<number> => (await stat(places.payloadPath)).mtimeMs;
  for (const [writeAgain, unit] of [
    [false, 0],
    [true, 0],
    [true, 1],
  ] as const) {
    await utimes(places.payloadPath, 1, 1);
    expect(await work.holdsUnit(unit, writeAgain)).toBe(true);
    expect((await writtenAt()) > 1000).toBe(writeAgain);
  }
  await work.close();
  expect((await readFile(places.payloadPath)).equals(sample.payload)).toBe(true);
});

// Two receivers serve one vault. Each keeps a log of its own from its first start on, so the whole log of one that was taken away is missing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { TwoReceivers } from '../../../fakes/two-receivers.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { findingsOf } from './recorded-vault.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-two-receivers-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the log of one of them that was taken away is missing, with what it said of disclosures', async () => {
  const two = await TwoReceivers.create(join(root, 'log'));
  const shown = await two.recordBy('r-other');
  await two.other.disclose(shown);
  await two.close();
  expect(await findingsOf(two.builder)).toEqual([]);
  await rm(join(two.builder.vault, 'r-other'), { recursive: true });
  expect(await findingsOf(two.builder)).toEqual(['store-log.none']);
});

test('so it is where the log knew of a key that was revoked, and the revocation went with it', async () => {
  const two = await TwoReceivers.create(join(root, 'revocation'));
  const { builder, other } = two;
  await two.recordBy('r-other');
  await revokeKey(other, builder.station, builder.stationKey, { reason: 'stolen' });
  await builder.dock({ camera: 'cam-9' });
  await builder.record({ camera: 'cam-9', receipted: false });
  await builder.undock({ receipted: false });
  await two.close();
  expect(await findingsOf(builder)).toContain('manifest.revoked-key');
  await rm(join(builder.vault, 'r-other'), { recursive: true });
  await rm(join(builder.vault, builder.station, 'keys'), { recursive: true });
  expect(await findingsOf(builder)).toContain('store-log.none');
});

test('a receiver that deleted something, and gave no receipt, is named by its deletion record', async () => {
  const two = await TwoReceivers.create(join(root, 'deletion'));
  const { builder, other } = two;
  const expired = await two.recordBy('r-store');
  builder.clock.advance(30 * 86_400_000);
  await other.delete(expired);
  await two.close();
  expect(await findingsOf(builder)).toEqual([]);
  await rm(other.custody, { recursive: true });
  expect(await findingsOf(builder)).toEqual(['store-log.none']);
});

test('one of them that signed nothing here needs no log: it was killed in its first moments', async () => {
  const two = await TwoReceivers.create(join(root, 'silent'));
  await two.recordBy('r-store');
  await two.builder.close();
  expect(await findingsOf(two.builder)).toEqual([]);
});

test('the part of a log that a receiver’s present key signed is missing where its documents are here', async () => {
  const two = await TwoReceivers.create(join(root, 'part'));
  const { builder } = two;
  await two.recordBy('r-store');
  await builder.receiver.start();
  await two.changeKey(builder.receiver, makeSecretKey(builder.random));
  await two.recordBy('r-store');
  await two.close();
  expect(await findingsOf(builder)).toEqual([]);
  const { custody, log } = builder.receiver;
  await rm(join(custody, `${log.segments.at(-1)}.jsonl`));
  expect(await findingsOf(builder)).toEqual(['store-log.key-missing']);
});

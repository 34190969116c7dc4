// Two receivers serve one vault. Each keeps a log of its own from its first start on, so the whole log of one that was taken away is missing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeDeletionRecord } from '../../../../protocol/documents/deletion-record.ts';
import { makeSecretKey } from '../../../../protocol/documents/minisign.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { TwoReceivers } from '../../../fakes/two-receivers.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { findingsOf } from './recorded-vault.ts';

const DAY_MS = 86_400_000;
const LOST = { recording: 'l'.repeat(25) + 'a', receipt_sha256: '0'.repeat(64) };

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
  expect(await findingsOf(builder)).toEqual(['store-log.not-known']);
  await rm(other.custody, { recursive: true });
  expect(await findingsOf(builder)).toEqual(['store-log.none']);
});

test.each([
  ['before stations know it is found', false, ['store-log.not-known']],
  ['since stations know it is not', true, []],
])('what one did by its log %s', async (_, isKnown, expected) => {
  const two = await TwoReceivers.create(join(root, `known-${isKnown}`));
  const { builder, other } = two;
  const expired = await two.recordBy('r-store');
  if (isKnown) await two.recordBy('r-other');
  builder.clock.advance(90 * DAY_MS);
  await builder.receiver.start();
  builder.clock.advance(-60 * DAY_MS);
  await other.delete(expired);
  builder.clock.advance(60 * DAY_MS);
  await two.close();
  expect(await findingsOf(builder)).toEqual(expected);
});

test('a station that hears of one a day after what it did is no finding, and a later one is', async () => {
  for (const [days, expected] of [
    [0.9, []],
    [2, ['store-log.not-known']],
  ] as const) {
    const two = await TwoReceivers.create(join(root, `later-${days}`));
    const { builder, other } = two;
    await two.recordBy('r-store');
    await other.enter('receipt', { kind: 'recording', station: builder.station, ...LOST });
    builder.clock.advance((days / 2) * DAY_MS);
    await two.recordBy('r-store');
    builder.clock.advance((days / 2) * DAY_MS);
    await two.recordBy('r-other');
    await two.close();
    const found = await findingsOf(builder);
    expect(
      found.filter((code) => code !== 'receipt.missing'),
      `${days}`,
    ).toEqual(expected);
  }
});

test('a record that the log of another one names stays as many days as that one announced', async () => {
  const two = await TwoReceivers.create(join(root, 'announced'));
  const { builder, other } = two;
  await builder.receiver.announce(40);
  await other.announce(14);
  const expired = await two.recordBy('r-other');
  builder.clock.advance(30 * DAY_MS);
  const record = await other.delete(expired);
  expect(record.retention.days).toBe(14);
  const deletion_sha256 = sha256Hex(encodeDeletionRecord(record));
  await two.recordBy('r-store'); // it runs again
  const { station, recording } = record;
  await builder.receiver.enter('deleted', { station, recording, deletion_sha256 });
  await two.close();
  expect(await findingsOf(builder)).toEqual(['deletion.too-few-days']);
});

test('the log of one that was retired is not continued in its past, but for the day of the change', async () => {
  for (const [days, expected] of [
    [0.5, []],
    [30, ['store-log.not-known']],
  ] as const) {
    const two = await TwoReceivers.create(join(root, `retired-${days}`));
    const { builder, other } = two;
    const expired = await two.recordBy('r-other');
    builder.clock.advance(20 * DAY_MS);
    await two.recordBy('r-other');
    await two.recordBy('r-store');
    builder.clock.advance(days * DAY_MS);
    await other.delete(expired);
    builder.clock.advance(60 * DAY_MS);
    await two.recordBy('r-store');
    await two.close();
    expect(await findingsOf(builder), `${days}`).toEqual(expected);
  }
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

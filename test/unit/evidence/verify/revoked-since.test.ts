// A key that somebody else had for a while before it was revoked, and revocations that say another time than the store's log.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { KeyRevocation } from '../../../../protocol/documents/key-documents.ts';
import { revokeKey } from '../../../fakes/vault-builder-keys.ts';
import { VaultBuilder } from '../../../fakes/vault-builder.ts';
import { findingsOf } from './recorded-vault.ts';

const HOUR_MS = 3_600_000;

const roots: string[] = [];
afterAll(async () => {
  for (const root of roots) await rm(root, { recursive: true });
});

/** One recording was received, then two hours went by before its key was revoked. */
async function revoked(said: (atMs: number) => Partial<KeyRevocation>): Promise<VaultBuilder> {
  const root = await mkdtemp(join(tmpdir(), 'bodydock-revoked-since-'));
  roots.push(root);
  const builder = await VaultBuilder.create(root);
  await builder.dock();
  await builder.record();
  await builder.undock();
  builder.clock.advance(2 * HOUR_MS);
  const words = { reason: 'stolen', said: said(Date.parse(builder.clock.now())) } as const;
  await revokeKey(builder.receiver, builder.station, builder.stationKey, words);
  await builder.close();
  return builder;
}

const instant = (ms: number): string => new Date(ms).toISOString();

test('what was received since the time of doubt is doubtful, and no more', async () => {
  const early = await revoked((atMs) => ({ compromised_since: instant(atMs - 24 * HOUR_MS) }));
  expect((await findingsOf(early)).toSorted()).toEqual(['docking.doubtful-key', 'manifest.doubtful-key']);
  const late = await revoked((atMs) => ({ compromised_since: instant(atMs - HOUR_MS) }));
  expect(await findingsOf(late)).toEqual([]);
});

test('a revocation that was dated back or ahead is found, and one whose entry came half an hour later is not', async () => {
  for (const hours of [-30, 2]) {
    const builder = await revoked((atMs) => ({ revoked_at: instant(atMs + hours * HOUR_MS) }));
    expect(await findingsOf(builder)).toContain('key-revocation.misdated');
  }
  const slow = await revoked((atMs) => ({ revoked_at: instant(atMs - HOUR_MS / 2) }));
  expect(await findingsOf(slow)).toEqual([]);
});

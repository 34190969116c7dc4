// A segment of a log that is longer than any writer makes one is not read (SPEC 4.3.2.6).
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findingsOf, recordedVault } from './recorded-vault.ts';

const MIB = 1024 * 1024;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bodydock-long-segment-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('a segment with a hole after its last entry is unreadable, and nothing of it counts', async () => {
  const [builder] = await recordedVault(join(root, 'hole'));
  await builder.close();
  await truncate(join(builder.custody, `${builder.segments[0]}.jsonl`), 64 * MIB + 1);
  expect(await findingsOf(builder)).toContain('custody.unreadable');
});

// Bulk work in worker threads: the contract, and what only workers can do: die, be replaced, and be closed while they work.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Bulk } from '../../agent/bulk.ts';
import { openBulkWorkers } from '../../agent/bulk-workers.ts';
import { bulkContract } from '../contracts/bulk-contract.ts';

let shared: Bulk;
const folders: string[] = [];
async function freshFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-bulk-'));
  folders.push(folder);
  return folder;
}

beforeAll(async () => {
  shared = await openBulkWorkers({ count: 2 });
});
afterAll(async () => {
  await shared.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('bulk work in two workers', () => {
  bulkContract({ test }, async () => ({ bulk: shared, folder: await freshFolder() }));
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, test } from 'vitest';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import { newTagMemory, TAG_KEY_BYTES, UnitTags } from '../../../agent/seal/unit-tags.ts';
import { nodeFiles } from '../../../agent/platform/files-node.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { bulkContract } from '../../contracts/bulk-contract.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('bulk work in the calling thread', () => {
  bulkContract({ test }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bodydock-bulk-'));
    folders.push(folder);
    const random = nodeRandom();
    const tags = new UnitTags(newTagMemory(random.bytes(TAG_KEY_BYTES)));
    return { bulk: bulkInline({ files: nodeFiles(), random, tags }), folder };
  });
});

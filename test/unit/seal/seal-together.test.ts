// Several sealings of one thread behind one slow disk: what they share stays bounded, and each gets its own bytes.
import { expect, test } from 'vitest';
import { SealPass } from '../../../agent/seal/seal.ts';
import { UnitBuffers } from '../../../agent/seal/unit-writer.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { contentOf, piecesOf } from '../../contracts/bulk-contract.ts';
import { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const store = makeIdentity(seededRandom(1));

/** A disk that does one write after the other, and each later. */
function slowDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.plantFolder('/s');
  const create = disk.create.bind(disk);
  let last: Promise<unknown> = Promise.resolve();
  disk.create = async (path) => {
    const file = await create(path);
    const write = file.write.bind(file);
    file.write = (bytes, position) => {
      const done = last.then(() => new Promise((resolve) => setTimeout(resolve, 1)));
      last = done;
      return done.then(() => write(bytes, position));
    };
    return file;
  };
  return disk;
}

test('four sealings fill four buffers and two more, and each payload is its own', async () => {
  const disk = slowDisk();
  const freed: ArrayBuffer[] = [];
  const buffers = new UnitBuffers((buffer) => freed.push(buffer));
  const random = seededRandom(2);
  const sealing = Array.from({ length: 4 }, async (_, at) => {
    const content = contentOf(3 * PULL_PIECE_BYTES + at);
    const job = {
      payloadPath: `/s/payload-${at}`,
      chunksPath: `/s/chunks-${at}`,
      recipients: [store.recipient],
    };
    const pass = await SealPass.start(job, { files: disk, random, buffers });
    for (const piece of piecesOf(content, PULL_PIECE_BYTES)) await pass.write(piece);
    expect((await pass.finish()).originalSha256).toBe(sha256Hex(content));
    const opened = openSmall(disk.peek(job.payloadPath) ?? new Uint8Array(0), [store.identity]);
    expect(Buffer.compare(opened, content)).toBe(0);
  });
  await Promise.all(sealing);
  expect(new Set(freed).size).toBe(6);
  expect(freed).toHaveLength(6);
});

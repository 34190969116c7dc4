// Files around 4 GiB through a whole station (CAM-09): pulled from a PTP camera that tells 0xFFFFFFFF as their 32-bit size, sealed, stored and
// erased, never cut. It takes minutes and 9 GB of disk for each, so it runs by hand: BODYDOCK_LARGE_FILES=1 npm run test:e2e. What runs
// each day is drivers/ptp/large-file.
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseManifest } from '../../protocol/documents/manifest.ts';
import { openSealed } from '../../protocol/age/sealed-file-open.ts';
import { STATION, type DockAndStore } from '../fakes/dock-and-store.ts';
import { LargeFile } from '../fakes/ptp/large-file.ts';
import { ptpStation } from '../fakes/ptp/station.ts';

const GIB_4 = 2 ** 32;
const WITHIN_MS = 900_000;

/** Folder of the one recording that has a receipt. */
async function storedFolder({ folder }: DockAndStore): Promise<string> {
  const station = join(folder, 'vault', STATION);
  const isStored = await Promise.all(
    (await readdir(station)).map(async (name) => {
      const found = ['payload.age', 'receipt.json'].map((file) => stat(join(station, name, file)));
      return (await Promise.allSettled(found)).every(({ status }) => status === 'fulfilled') ? [name] : [];
    }),
  );
  const [name = ''] = isStored.flat();
  return join(station, name);
}

for (const sizeBytes of [GIB_4 - 1, GIB_4, GIB_4 + 1])
  test.skipIf(process.env['BODYDOCK_LARGE_FILES'] === undefined)(
    `a file of ${sizeBytes} bytes is stored whole, and erased only then`,
    async () => {
      const { usb, dock, camera } = await ptpStation();
      try {
        const file = new LargeFile(sizeBytes);
        const large = camera('PTP-9', {});
        large.objects.putVirtual('A.MP4', file);
        usb.plug('1-1.1', large);
        await dock.until('erased', () => large.objects.all().size === 0, WITHIN_MS);
        const stored = await storedFolder(dock);
        const { original } = parseManifest(await readFile(join(stored, 'manifest.json')));
        const digest = file.digest();
        expect([original.size_bytes, original.sha256]).toEqual([sizeBytes, digest]);
        const opened = createHash('sha256');
        const sealed = createReadStream(join(stored, 'payload.age'));
        for await (const part of openSealed(sealed, [dock.identity.identity])) opened.update(part);
        expect(opened.digest('hex')).toBe(digest);
      } finally {
        await dock.close();
      }
    },
    WITHIN_MS + 300_000,
  );

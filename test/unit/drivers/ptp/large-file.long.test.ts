// A file just above 4 GiB is read from its first byte to its last (CAM-09), by a 64-bit offset, and as a whole where the camera has no
// other way. Through a whole station: station/ptp-large-file.
import { expect, test } from 'vitest';
import { live } from '../../../contracts/driver-subject.ts';
import { shareOfRun, takesShare } from '../../../fakes/share-of-run.ts';
import { LargeFile } from '../../../fakes/ptp/large-file.ts';
import { ptpBench, PTP_PLACE } from './subject.ts';

const SIZE_BYTES = 2 ** 32 + 1;
const WAYS: readonly (readonly [string, readonly number[]])[] = [
  ['in parts', []],
  ['as a whole, which has no length in its header', [0x95c1]],
];

for (const [at, [what, without]] of WAYS.entries())
  // In CI, whose time is limited, one of them.
  test.skipIf(takesShare && at !== shareOfRun % WAYS.length)(`${what}, byte by byte`, async () => {
    const made = ptpBench({ without });
    const file = new LargeFile(SIZE_BYTES);
    made.responder.objects.putVirtual('A.MP4', file);
    made.responder.misdeeds.hidesLength = without.length > 0;
    const session = await made.driver.open(PTP_PLACE, live());
    const [entry] = (await session.inventory(live())).entries;
    if (entry === undefined) throw new Error('not listed');
    expect(entry.sizeBytes).toBe(SIZE_BYTES);
    let offset = 0;
    for await (const piece of session.read(entry, 0, live())) {
      if (piece.kind !== 'bytes') throw new Error('unreadable');
      const { length } = piece.bytes;
      if (!file.bytesAt(offset, length).equals(piece.bytes)) throw new Error(`other bytes from ${offset} on`);
      offset += length;
    }
    expect(offset).toBe(SIZE_BYTES);
    await session.close();
  });

import { describe, test } from 'vitest';
import { driverContract } from '../../../contracts/driver-contract.ts';
import type { ResponderWish } from '../../../fakes/ptp/operations.ts';
import type { PtpMisdeeds } from '../../../fakes/ptp/misdeeds.ts';
import { ptpSubject } from './subject.ts';

interface Family extends ResponderWish {
  readonly packetBytes?: number;
  readonly misdeeds?: PtpMisdeeds;
}

/** Ways in which healthy responders differ. */
const FAMILIES: Readonly<Record<string, Family>> = {
  'with everything': {},
  'with 32-bit partial reads only': { without: [0x95c1] },
  'without partial reads': { without: [0x95c1, 0x101b] },
  'without the 64-bit size': { without: [0x9803] },
  'without properties of the device': { without: [0x1015, 0x1016] },
  'that wants a session for everything': { needsSession: true },
  'that wants 0 for the root': { rootIsZero: true },
  'that sends header and payload apart': { misdeeds: { splitsHeader: true } },
  'that sends the response behind the data': { misdeeds: { joinsResponse: true } },
  'that ends full packets with an empty one': { misdeeds: { endsWithZlp: true } },
  'that leaves an empty packet in front': { misdeeds: { leavesZlp: true } },
  'at full speed': { packetBytes: 64 },
  'at super speed': { packetBytes: 1024 },
};

for (const [name, { misdeeds, ...wish }] of Object.entries(FAMILIES))
  describe(`a PTP camera ${name}`, () =>
    driverContract({ test }, async () => {
      const subject = await ptpSubject(wish);
      Object.assign(subject.bench.responder.misdeeds, misdeeds);
      return subject;
    }));

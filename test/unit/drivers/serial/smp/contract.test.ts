// The same suite over a real terminal: test/system/serial.test.ts.
import { describe, test } from 'vitest';
import { clockContract } from '../../../../contracts/driver-clock-contract.ts';
import { driverContract } from '../../../../contracts/driver-contract.ts';
import { smpBench, type SmpSubjectWish } from '../../../../fakes/smp-subject.ts';

/** Large packets: what the contract moves are megabytes. */
const FAST = { bufSize: 8192, bufCount: 8 };

const CAMERAS: Readonly<Record<string, SmpSubjectWish>> = {
  'a serial camera on a console': FAST,
  'a serial camera that speaks packets without framing': { ...FAST, framing: 'raw' },
};

for (const [name, wish] of Object.entries(CAMERAS)) {
  describe(name, () => driverContract({ test }, async () => smpBench(wish).subject));
}

const CLOCKS: Readonly<Record<string, SmpSubjectWish>> = {
  'that does not tell its clock': { hasClock: false },
  'of SMP v1': { version: 0 },
};

for (const [name, wish] of Object.entries(CLOCKS)) {
  describe(`a serial camera ${name}`, () => clockContract({ test }, async () => smpBench(wish).subject));
}

// What every driver must do, for a recorder of each dialect with its disk behind it.
import { describe, test } from 'vitest';
import { driverContract } from '../../../contracts/driver-contract.ts';
import { ambarellaSubject, DIALECTS } from './bench.ts';

for (const dialect of DIALECTS)
  describe(`an Ambarella recorder of dialect ${dialect}`, () =>
    driverContract({ test }, () => ambarellaSubject(dialect)));

import { describe, test } from 'vitest';
import { custodyContract } from '../../contracts/custody-contract.ts';
import { settle } from '../../fakes/clock-manual.ts';
import { chainsOn, logDisk, openLog } from './custody-scenario.ts';

describe('the custody log on a disk', () => {
  custodyContract({ test }, async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    return {
      custody,
      durable: () => {
        const chains = chainsOn(disk.crash(disk.steps, 'nothing'));
        const entries = custody.segments().flatMap(({ segment }) => chains.get(segment) ?? []);
        return entries
          .filter((entry) => entry.event === 'docked')
          .map(({ event, facts }) => ({ event, facts }));
      },
      fail: () => disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY }),
      heal: async () => {
        disk.heal();
        await clock.advance(30_000);
        await settle(20);
      },
      close: () => custody.close(),
    };
  });
});

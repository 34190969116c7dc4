import { describe, test } from 'vitest';
import { DockError } from '../../protocol/format/errors.ts';
import { custodyContract } from '../contracts/custody-contract.ts';
import { MemoryCustody } from './custody-memory.ts';

describe('the custody log that tests look into', () => {
  custodyContract({ test }, async () => {
    const custody = new MemoryCustody();
    return {
      custody,
      durable: () => custody.events.slice(0, custody.covered),
      fail: () => {
        custody.failWith = new DockError('custody.write-failed', 'nothing can be written', {
          retry: 'later',
        });
      },
      heal: async () => {
        custody.failWith = undefined;
      },
      close: async () => undefined,
    };
  });
});

import { describe, test } from 'vitest';
import { conditionsContract } from '../contracts/conditions-contract.ts';
import { MemoryConditions } from './conditions-memory.ts';

describe('the conditions that tests look into', () => {
  conditionsContract({ test }, () => {
    const conditions = new MemoryConditions();
    const standing = (): string[] => {
      const pairs = new Map(
        conditions.history.map(({ code, subject }) => [`${code} ${subject ?? 'null'}`, { code, subject }]),
      );
      return [...pairs]
        .filter(([, { code, subject }]) => conditions.isRaised(code, subject))
        .map(([name]) => name)
        .sort();
    };
    return { conditions, standing };
  });
});

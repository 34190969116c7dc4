import { describe, test } from 'vitest';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { randomContract } from '../../contracts/random-contract.ts';

describe('the randomness of the system', () => {
  randomContract({ test }, nodeRandom);
});

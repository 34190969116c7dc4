// The kernel's cryptographic source behind the Random port.
import { randomBytes } from 'node:crypto';
import type { Random } from '../../protocol/format/ports.ts';

/**
 * Random bytes for ids, keys and jitter.
 * Shape: a fresh buffer per call that nobody else holds.
 * Errors: throws where the system has no randomness to give; there is no weaker source to fall back to.
 */
export function nodeRandom(): Random {
  return { bytes: (count) => randomBytes(count) };
}

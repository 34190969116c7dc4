// What listings say of a file that nobody writes any more, for tests in which it is not what matters.
import type { Looks } from '../../agent/inventory/looks.ts';

export function oldLooks(): Looks {
  return { firstMs: 0, lastMs: 0, old: 'sure', changesSinceMs: undefined, isBegun: false };
}

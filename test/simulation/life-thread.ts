// What a thread does before it runs simulated lives, whether one or thousands: a seed means the same only where its signatures are made in the
// same way.
import { forgetSignatures, knowSignatures } from '../fakes/known-signatures.ts';
import { readKeysQuickly } from '../fakes/quick-keys.ts';
import { signalsEndWithLives } from './lives.ts';

/** Once a thread. What is returned is called behind each life. */
export function beginLives(): () => void {
  knowSignatures();
  readKeysQuickly();
  const endSignals = signalsEndWithLives();
  return () => {
    endSignals();
    forgetSignatures();
  };
}

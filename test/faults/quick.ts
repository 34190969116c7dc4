// Whether long lists are tried in the share that CI takes: in CI, and with `npm run test:faults -- --quick`. Reads only the environment.

import { takesShare } from '../fakes/share-of-run.ts';

/** Set by main.ts. */
export const QUICK_VARIABLE = 'BODYDOCK_QUICK';

export const isQuick = takesShare || process.env[QUICK_VARIABLE] !== undefined;

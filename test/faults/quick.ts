// Whether long lists are tried in the share that CI takes: in CI, and with `npm run test:faults -- --quick`. Reads only the environment.

/** Set by main.ts. */
export const QUICK_VARIABLE = 'BODYDOCK_QUICK';

export const isQuick = process.env['CI'] !== undefined || process.env[QUICK_VARIABLE] !== undefined;

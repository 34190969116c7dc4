// Exit codes that both programs share. The numbers above 64 follow sysexits.h, so that service managers and scripts know them.

/** All was done, nothing was found. */
export const EXIT_GOOD = 0;
/** A finding, or a failure that has no code of its own. */
export const EXIT_FAILURE = 1;
/** The command line was not understood. */
export const EXIT_USAGE = 2;
/** Ended well, with entries that count as rejected. */
export const EXIT_REJECTED_ENTRIES = 3;
/** `verify`: no finding, and something rests on keys that are not given. */
export const EXIT_NOT_JUDGED = 3;
/** Broker or receiver cannot be reached. */
export const EXIT_UNREACHABLE = 69;
/** Another agent works on this spool, or another receiver on this vault. */
export const EXIT_TAKEN = 75;
/** The configuration or a key file is not usable; systemd does not restart on it. */
export const EXIT_CONFIGURATION = 78;

/** The exit code of `bodydock` for an error with this code; undefined where it is EXIT_FAILURE. */
export function exitOf(code: string): number | undefined {
  if (/^disclosure\.(?:no-)?reason$/.test(code)) return EXIT_USAGE;
  if (code === 'spool.locked') return EXIT_TAKEN;
  if (code === 'broker.offline') return EXIT_UNREACHABLE;
  return /^(?:(?:key|config|tls)\.|spool\.other-station$)/.test(code) ? EXIT_CONFIGURATION : undefined;
}

/**
 * The same of `bodydock-receiver`. What only a person can change is EXIT_CONFIGURATION: a service manager must not start it again and again.
 */
export function receiverExitOf(code: string): number | undefined {
  if (code === 'vault.in-use') return EXIT_TAKEN;
  return /^(?:key|config|tls|disk)\.|^vault\.(?:not-a-vault|owner)$|^document\.version$/.test(code)
    ? EXIT_CONFIGURATION
    : undefined;
}

// Exit codes that both programs share. The numbers above 64 follow sysexits.h, so that service managers and scripts know them.

/** All was done, nothing was found. */
export const EXIT_GOOD = 0;
/** A finding, or a failure that has no code of its own. */
export const EXIT_FAILURE = 1;
/** The command line was not understood. */
export const EXIT_USAGE = 2;
/** Ended well, with entries that count as rejected. */
export const EXIT_REJECTED_ENTRIES = 3;
/** Broker or receiver cannot be reached. */
export const EXIT_UNREACHABLE = 69;
/** Another agent works on this spool. */
export const EXIT_SPOOL_TAKEN = 75;
/** The configuration or a key file is not usable; systemd does not restart on it. */
export const EXIT_CONFIGURATION = 78;

// Ends a process that has done its work, also where a call to a mount that hangs would keep it for ever.

/** What still runs has this long to end by itself. */
const EXIT_MS = 1000;

/** Ends this process with that code in a moment, or as soon as nothing is left to do. */
export function exitSoon(exitCode: number): void {
  setTimeout(() => process.exit(exitCode), EXIT_MS).unref();
}

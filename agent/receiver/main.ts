#!/usr/bin/env node
// The program `bodydock-receiver`: finds the command and ends with its exit code. Each command is imported only when it is called.
import type { Io } from './cli/command-line.ts';
import { exitSoon } from '../platform/exit-soon.ts';
import { tuneHeap } from '../platform/small-heap.ts';

async function main(): Promise<void> {
  tuneHeap(); // before anything is loaded
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}`)));
  // A reader that went away (`| head`) ends the output, not the program.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const io: Io = {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    signal: ending.signal,
    ready: () => process.send?.({ ready: true }), // to a parent with an IPC channel
    onFault: (handler) => {
      process.on('uncaughtException', handler);
      process.on('unhandledRejection', handler);
    },
  };
  const { dispatch } = await import('./cli/dispatch.ts');
  const args = process.argv.slice(2);
  const exitCode = await dispatch(args, io);
  process.exitCode = exitCode;
  if (process.connected) process.disconnect();
  // What a service leaves behind must not keep it, nor what was asked to end; a command's output may still be on its way.
  if (args[0] === 'run' || ending.signal.aborted) exitSoon(exitCode);
}

await main();

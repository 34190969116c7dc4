// Loaded into a program before it begins: at SIGUSR2 it plants faults of the program, twenty within a second, by turns promises that nobody
// catches and errors that nobody catches, in the main thread. At SIGWINCH a promise that nobody catches in each of its workers.
import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const FAULTS = 20;
const EVERY_MS = 50;

function plant(number) {
  if (number % 2 === 1) throw new Error(`planted error ${number}`);
  void Promise.reject(new Error(`planted rejection ${number}`));
}

const workers = new BroadcastChannel('planted-faults');
if (isMainThread) {
  process.on('SIGUSR2', () => {
    for (let number = 0; number < FAULTS; number++) setTimeout(plant, number * EVERY_MS, number);
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there is none
  process.on('SIGWINCH', () => workers.postMessage(1));
} else
  workers.addEventListener('message', () => {
    writeSync(2, 'planted in a worker\n');
    plant(0);
  });
workers.unref();

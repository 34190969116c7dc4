// Keeps the memory of a process small and cheap to collect. All of it is advice to V8 and Node: nothing depends on its being followed.
import { setFlagsFromString } from 'node:v8';
import { MessageChannel } from 'node:worker_threads';

let isTuned = false;

/** To be called before anything is loaded. */
export function tuneHeap(): void {
  isTuned = true;
  setFlags();
}

/**
 * A thread runs: where it was given limits of its own, V8 has set the flags of the whole process again, and the young generation would grow to 32 MiB
 * (measured) for as long as the process lives. Does nothing where nobody tuned the heap.
 */
export function tuneHeapAgain(): void {
  if (isTuned) setFlags();
}

function setFlags(): void {
  // V8 lets the young generation of a thread grow to 48 MiB, for the sake of programs that make many short-lived objects. Kept small, agent
  // and receiver need 20 MiB less each at the same rate (measured).
  setFlagsFromString('--semi-space-growth-factor=1');
  // A collection of one MiB takes a millisecond. Shared with helper threads it takes as long as the one that gets a core last: on two busy
  // cores a recording took a fifth longer from camera to receipt with them (measured).
  setFlagsFromString('--no-parallel-scavenge');
  // tweetnacl makes some thousand arrays of 128 bytes for a signature, each with a buffer of its own. Freed by a helper thread, these are
  // fought over by two cores: a signature takes 13 ms of processor time in place of 4.5, and twice as long (measured).
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
  // Left to itself V8 lets the old generation grow by a tenth where a collection was cheap, counts buffers outside of the heap to it, and
  // then marks the whole heap after every few MiB of these: while each message was a buffer of its own, the receiver used 6 to 7 CPU seconds a
  // GB instead of 3.5 in every second run of the bench (measured). A third more than what lives is the bound: with twice as much, agent and
  // receiver grew for 10 MiB more before they collected, for the same CPU seconds (measured, three gigabytes of one life).
  setFlagsFromString('--heap-growing-percent=30');
  // V8 leaves pages half empty until moving what lies on them is cheap. Told to care for memory, it moves sooner and gives the pages back: the agent
  // needs 7 MiB less with one camera and 10 with four, the receiver 2 with one, for the same CPU seconds (test/bench/TRIED.md).
  setFlagsFromString('--optimize-for-size');
}

// Node cuts small buffers out of pools of 8 KiB, and one that is kept keeps its whole pool. mqtt-packet 9 keeps a buffer of 1 or 2 bytes for
// each length below 16,384 that a packet ever had: within months that alone holds tens of megabytes (3,000 lengths: 10.6 MB against 1.2).

/** Large enough for what is made in numbers, and 64 times less to keep than Node's own. */
const POOL_BYTES = 128;

/** Makes the pools of this process small. Buffers of POOL_BYTES / 2 and more come from no pool then. */
export function useSmallPool(): void {
  Buffer.poolSize = POOL_BYTES;
}

// Gives a buffer's memory back at once. The garbage collector sees only the small object in front of it and lets tens of megabytes
// stand before it looks; on a station with 1 GiB that is the difference between constant memory and not.

/**
 * A function that frees buffers: each is detached (length 0) and its memory is returned before the call ends.
 * Shape: a message into a closed port is serialised, which moves its buffers out, and then dropped. So says the HTML standard's message
 * port post message steps, and so does Node 20; `ArrayBuffer.prototype.transfer(0)` would say it better from Node 22 on.
 * Units: worth its microsecond from some 4 KiB on. The buffer must be nobody else's, and none of Node's pool.
 */
export function bufferFreer(): (buffer: ArrayBuffer) => void {
  const { port1 } = new MessageChannel();
  port1.close();
  return (buffer) => port1.postMessage(null, [buffer]);
}

// Keeps the heap of a process small and cheap to collect. All of it is advice to V8: nothing depends on its being followed.
import { setFlagsFromString } from 'node:v8';

let isTuned = false;

/** To be called before anything is loaded. */
export function tuneHeap(): void {
  isTuned = true;
  setFlags();
}

/**
 * A thread runs: where it was given limits of its own, V8 has set the flags of the whole process anew, and the young generation would grow to 32 MiB
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

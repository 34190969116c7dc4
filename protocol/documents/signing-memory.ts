// The numbers that tweetnacl calculates with, in one memory that is used over and over and wiped after each signature.
// It makes some 4,600 arrays of 16 numbers for a signature. Each is more than V8 keeps in its heap, so each had memory of its own: half of a
// signature's time went into getting that and giving it back (2.1 ms and 1.2, x86-64, Node 20).
//
// Invariants:
// 1. Within one call no two arrays share a number, and each begins as zeros: as from `new Float64Array(16)`.
// 2. What a call leaves behind in it is zeros. What tweetnacl keeps in arrays of other lengths is not wiped.

/** Numbers of an array: a field element of Curve25519, in 16 bits each. */
const NUMBERS = 16;
/** Arrays that have room; what is beyond gets memory of its own. 640 KiB for each thread that signs. */
const ARRAYS = 5_120;
const ARRAY_BYTES = NUMBERS * Float64Array.BYTES_PER_ELEMENT;

let memory: Float64Array | undefined;
let isInUse = false;

/** Does the work, which must not wait for anything, with arrays of that length from the one memory. None of them may be kept. Errors: those of the work. */
export function inOneMemory<T>(work: () => T): T {
  if (isInUse) return work();
  const own = globalThis.Float64Array;
  const all = (memory ??= new own(ARRAYS * NUMBERS));
  let used = 0;
  const given = function arrayOf(of: number): Float64Array {
    return of === NUMBERS && used < ARRAYS ? new own(all.buffer, used++ * ARRAY_BYTES, NUMBERS) : new own(of);
  };
  isInUse = true;
  globalThis.Float64Array = given as unknown as Float64ArrayConstructor;
  try {
    return work();
  } finally {
    globalThis.Float64Array = own;
    isInUse = false;
    all.fill(0, 0, used * NUMBERS);
  }
}

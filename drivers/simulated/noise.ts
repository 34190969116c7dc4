// Bytes that look like chance and are the same each time, for lines that a fault is to be seen on again.

/** Shape: each call gives the next `count` bytes. */
export function noiseSource(seed: number): (count: number) => Uint8Array {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  };
  return (count) => Uint8Array.from({ length: count }, next);
}

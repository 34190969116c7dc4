// Node cuts small buffers out of pools of 8 KiB, and one that is kept keeps its whole pool. mqtt-packet 9 keeps a buffer of 1 or 2 bytes for
// each length below 16,384 that a packet ever had: within months that alone holds tens of megabytes (3,000 lengths: 10.6 MB against 1.2).

/** Large enough for what is made in numbers, and 64 times less to keep than Node's own. */
const POOL_BYTES = 128;

/** Makes the pools of this process small. Buffers of POOL_BYTES / 2 and more come from no pool then. */
export function useSmallPool(): void {
  Buffer.poolSize = POOL_BYTES;
}

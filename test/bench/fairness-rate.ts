// Whether a station keeps to the rate that is set: payloads of recordings as a subscriber of the broker sees them come, over any ten seconds.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { STATION } from '../fakes/dock-rig.ts';
import { openBenchRig } from './parties/bodydock-rig.ts';
import { putSparse } from './sparse-file.ts';

/** A tenth of an ordinary uplink of 100 Mbit/s. */
const RATE_BYTES_PER_S = 1_250_000;
const WINDOW_MS = 10_000;
const FILES = 3;
const WAIT_MS = 180_000;

/** What came, against what was set. */
export interface RateHeld {
  readonly setBytesPerS: number;
  /** From the first payload to the last one. */
  readonly elapsedMs: number;
  readonly bytes: number;
  /** In the ten seconds with the most, and with the least. */
  readonly mostBytesPerS: number;
  readonly leastBytesPerS: number;
}

/** Errors: what a program failed with; not in time; the signal's reason. */
export async function holdRate(seconds: number, signal: AbortSignal): Promise<RateHeld> {
  signal.throwIfAborted();
  const bench = await openBenchRig(false, {
    release: 'never',
    stationBroker: { rate_bytes_per_s: RATE_BYTES_PER_S },
  });
  const { rig, broker } = bench;
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
  try {
    const came: [number, number][] = [];
    client.on('message', (topic, payload) => {
      if (/\/(?:digests-)?\d+$/.test(topic) && !topic.includes('/up/custody/'))
        came.push([performance.now(), payload.length]);
    });
    await client.subscribeAsync(`bodydock/v1/${STATION}/up/+/+/+`);
    await mkdir(join(rig.camera(1), 'DCIM'), { recursive: true });
    const fileBytes = Math.ceil((seconds * RATE_BYTES_PER_S) / FILES);
    for (let at = 0; at < FILES; at++) {
      const name = `RATE_${at}.MP4`;
      await putSparse(join(rig.camera(1), 'DCIM', name), join(rig.folder, name), fileBytes);
    }
    await rig.start();
    await rig.untilReceipted(FILES, WAIT_MS);
    signal.throwIfAborted();
    return rateOf(came);
  } finally {
    await client.endAsync(true);
    await bench.close();
  }
}

function rateOf(came: readonly (readonly [number, number])[]): RateHeld {
  const [firstMs, lastMs] = [came[0]?.[0] ?? 0, came.at(-1)?.[0] ?? 0];
  let [most, least, inside, to] = [0, Number.POSITIVE_INFINITY, 0, 0];
  for (const [fromMs, bytes] of came) {
    for (let next = came[to]; next !== undefined && next[0] < fromMs + WINDOW_MS; next = came[++to])
      inside += next[1];
    if (fromMs + WINDOW_MS > lastMs) break;
    most = Math.max(most, inside);
    least = Math.min(least, inside);
    inside -= bytes;
  }
  return {
    setBytesPerS: RATE_BYTES_PER_S,
    elapsedMs: lastMs - firstMs,
    bytes: came.reduce((sum, [, bytes]) => sum + bytes, 0),
    mostBytesPerS: (1000 * most) / WINDOW_MS,
    leastBytesPerS: (1000 * least) / WINDOW_MS,
  };
}

/** How far from what was set the worst ten seconds were, in percent. */
export function offPercent({ setBytesPerS, mostBytesPerS, leastBytesPerS }: RateHeld): number {
  return (100 * Math.max(mostBytesPerS - setBytesPerS, setBytesPerS - leastBytesPerS)) / setBytesPerS;
}

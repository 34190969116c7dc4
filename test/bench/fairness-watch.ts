// What monitoring sees of a busy station, with the time at which it came: when a camera is named in its bay, and how late the heartbeat is.
import { connectAsync, type MqttClient } from 'mqtt';
import { STATION } from '../fakes/dock-rig.ts';
import { pause } from '../fakes/until.ts';

const LOOK_MS = 2;

/** Subscribed to one station; instants are those of performance.now(). */
export class FairnessWatch {
  readonly #client: MqttClient;
  readonly #cameras = new Map<string, { readonly camera: string | null; readonly atMs: number }>();
  readonly #healthAtMs: number[] = [];
  /** As the agent measured it, in ms, one for each heartbeat. */
  readonly loopDelaysMs: number[] = [];
  #intervalMs = Number.NaN;

  private constructor(client: MqttClient) {
    this.#client = client;
  }

  static async open(port: number): Promise<FairnessWatch> {
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`);
    const watch = new FairnessWatch(client);
    const prefix = `bodydock/v1/${STATION}/`;
    client.on('message', (topic, payload, { retain }) => {
      if (retain) return;
      watch.#take(topic.slice(prefix.length), payload.toString('utf8'), performance.now());
    });
    await client.subscribeAsync([`${prefix}bay/+`, `${prefix}health`]);
    return watch;
  }

  /** From now until a message says that a camera is in that bay, or that none is. Errors: it does not within the time. */
  async untilNamed(bay: string, isThere: boolean, timeoutMs: number): Promise<number> {
    const fromMs = performance.now();
    for (;;) {
      const seen = this.#cameras.get(bay);
      if (seen !== undefined && seen.atMs > fromMs && (seen.camera !== null) === isThere)
        return seen.atMs - fromMs;
      if (performance.now() - fromMs > timeoutMs)
        throw new Error(`${bay} did not ${isThere ? 'name its camera' : 'become empty'} in ${timeoutMs} ms`);
      await pause(LOOK_MS);
    }
  }

  /** By how much a heartbeat came later than its interval says, the longest one; NaN before there are two. */
  get healthLateMs(): number {
    const gaps = this.#healthAtMs.slice(1).map((atMs, at) => atMs - (this.#healthAtMs[at] ?? atMs));
    return gaps.length === 0 ? Number.NaN : Math.max(...gaps) - this.#intervalMs;
  }

  get heartbeats(): number {
    return this.#healthAtMs.length;
  }

  close(): Promise<void> {
    return this.#client.endAsync(true);
  }

  #take(topic: string, text: string, atMs: number): void {
    if (topic === 'health') {
      const health = JSON.parse(text) as { interval_seconds: number; event_loop_delay_ms: number };
      this.#healthAtMs.push(atMs);
      this.#intervalMs = health.interval_seconds * 1000;
      this.loopDelaysMs.push(health.event_loop_delay_ms);
    } else if (topic.startsWith('bay/')) {
      const { camera } = JSON.parse(text) as { camera: string | null };
      this.#cameras.set(topic.slice(4), { camera, atMs });
    }
  }
}

// A broker keeps what the store signed of a station's log, says it again later, and lets nothing else through: by such answers the station must
// neither drop a segment that the store lost, nor take its store for one that was restored from a backup.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { STATION_LOG_DAYS } from '../../../protocol/documents/retention.ts';
import { DockRig, STATION } from '../../fakes/dock-rig.ts';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';

const PREFIX = `bodydock/v1/${STATION}`;
const DAY_MS = 86_400_000;
const TAKEN_MS = 60_000;
/** Three answers over 2 s would do. */
const QUESTIONS = 5;
const ASKED_MS = 90_000;

/** The broker of somebody hostile: one that the station knows and one that the store knows, and he between them. */
class HostileBroker {
  readonly #station: MqttClient;
  readonly #store: MqttClient;
  readonly #kept: Buffer[] = [];
  /** Segments of which no question goes on, each with the old answer that is given instead. */
  readonly replayed = new Map<string, Buffer>();
  /** Questions with a nonce that he answered himself. */
  asked = 0;

  private constructor(station: MqttClient, store: MqttClient) {
    this.#station = station;
    this.#store = store;
  }

  static async open(station: Mosquitto, store: Mosquitto): Promise<HostileBroker> {
    const [a, b] = await Promise.all(
      [station, store].map(({ port }) => connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 })),
    );
    if (a === undefined || b === undefined) throw new Error('no broker');
    const broker = new HostileBroker(a, b);
    a.on('message', (topic, payload) => broker.#fromStation(topic, payload));
    b.on('message', (topic, payload) => broker.#fromStore(topic, payload));
    await a.subscribeAsync(`${PREFIX}/up/#`, { qos: 1 });
    await b.subscribeAsync(`${PREFIX}/down/#`, { qos: 1 });
    return broker;
  }

  /** What the store signed of a segment, the oldest word first. */
  said(segment: string): Buffer[] {
    return this.#kept.filter((payload) => payload.includes(segment));
  }

  async close(): Promise<void> {
    await Promise.all([this.#station.endAsync(true), this.#store.endAsync(true)]);
  }

  #fromStation(topic: string, payload: Buffer): void {
    const [, segment = '', last = ''] = /\/up\/custody\/([^/]+)\/(.+)$/.exec(topic) ?? [];
    const old = this.replayed.get(segment);
    if (old === undefined) return void this.#store.publish(topic, payload, { qos: 1 });
    if (last.startsWith('ask-')) this.asked++;
    this.#station.publish(`${PREFIX}/down/custody`, old, { qos: 1 });
  }

  #fromStore(topic: string, payload: Buffer): void {
    if (topic.endsWith('/down/custody')) this.#kept.push(payload);
    this.#station.publish(topic, payload, { qos: 1 });
  }
}

describe.skipIf(lacksTools('mosquitto', 'faketime'))('answers of the store that a broker kept', () => {
  test('drop no segment that the store lost, and roll no store back', async ({ onTestFinished }) => {
    const [broker, storeBroker] = [await Mosquitto.open(), await Mosquitto.open()];
    for (const each of [broker, storeBroker]) onTestFinished(() => each.stop());
    const clock = new FakeWallClock();
    onTestFinished(() => clock.close());
    const rig = await DockRig.open({
      broker,
      receiverPort: async () => storeBroker.port,
      agentEnvironment: clock.environment,
      receiverEnvironment: clock.environment,
    });
    onTestFinished(() => rig.close());
    const hostile = await HostileBroker.open(broker, storeBroker);
    onTestFinished(() => hostile.close());
    const custody = join(rig.spool, 'custody');
    const segments = async (): Promise<string[]> =>
      (await readdir(custody)).filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -6));
    const untilAsked = async (): Promise<void> => {
      hostile.asked = 0;
      const beganMs = performance.now();
      await until(
        'questions',
        ASKED_MS,
        () => hostile.asked >= QUESTIONS,
        () => rig.tails(),
      );
      expect(performance.now() - beganMs, 'an old answer is no reason to ask at once').toBeGreaterThan(4000);
    };

    await rig.put(1, 'DCIM/A.MP4', Buffer.from('a'));
    await rig.start();
    await rig.untilEmptied(1, TAKEN_MS);
    await rig.agent.stop();
    const [old = ''] = await segments();
    await rig.agent.start();
    await rig.put(1, 'DCIM/B.MP4', Buffer.from('b'));
    await rig.untilEmptied(1, TAKEN_MS);
    await rig.stop();
    const whole = hostile.said(old).at(-1);
    if (whole === undefined) throw new Error('the store signed nothing');

    // The store loses the oldest segment, which is due to go from the station; the broker says that the store holds it.
    const vaultLog = join(rig.vault, STATION, 'custody');
    for (const name of [`${old}.jsonl`, `${old}.jsonl.minisig`])
      await rm(join(vaultLog, name), { force: true });
    clock.move((STATION_LOG_DAYS + 30) * DAY_MS);
    hostile.replayed.set(old, whole);
    const known = await segments();
    await rig.receiver.start();
    await rig.agent.start();
    await untilAsked();
    expect(await segments()).toContain(old);
    const newest = (await segments()).find((id) => !known.includes(id)) ?? '';
    expect(await readFile(join(custody, `${newest}.jsonl`), 'utf8')).not.toContain('segment-dropped');

    // Then that it holds less of the newest one than it did.
    await rig.put(1, 'DCIM/C.MP4', Buffer.from('c'));
    await rig.untilEmptied(1, TAKEN_MS);
    const [short, ...longer] = hostile.said(newest);
    if (short === undefined || longer.length === 0) throw new Error('the store signed too little');
    hostile.replayed.set(newest, short);
    await rig.put(1, 'DCIM/D.MP4', Buffer.from('d'));
    await untilAsked();
    expect([...(await rig.view()).conditions.keys()]).not.toContain('store.rolled-back');

    // Without him the station empties its cameras as before, and the store has all of the log again.
    hostile.replayed.clear();
    await rig.untilEmptied(1, TAKEN_MS);
    const isThere = async (): Promise<boolean> => (await readdir(vaultLog)).includes(`${old}.jsonl`);
    await until('the segment that it lost', ASKED_MS, isThere, () => rig.tails());
    expect([...(await rig.view()).conditions.keys()]).not.toContain('store.rolled-back');
  }, 400_000);
});

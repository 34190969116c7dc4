// A station whose card was stolen sends a log without an end to a real store of the smallest quota, as fast as it takes it: others must be taken as
// before. Keys and signatures are by stock minisign.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { describe, expect, test } from 'vitest';
import { DockRig } from '../../fakes/dock-rig.ts';
import { canonical, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { Mosquitto } from '../../fakes/mosquitto.ts';
import { lacksTools, requireTool } from '../../fakes/stock-tools.ts';
import { until } from '../../fakes/until.ts';

const run = promisify(execFile);
const HOSTILE = 'stolen-1';
const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** Batches of 88 KB: 48 of them make a segment of 4 MiB, and all of them 24 MiB. */
const SEGMENTS = 6;
const BATCHES = 52;
const ENTRIES = 11;

type Facts = Readonly<Record<string, string | number | null>>;

/** One segment as that station signs it. */
class Segment {
  readonly #key: string;
  readonly id: string;
  count = 0;
  last: string | null = null;

  constructor(key: string, id: string) {
    this.#key = key;
    this.id = id;
  }

  add(event: string, facts: Facts): string {
    const stamp = { at: '2026-12-01T08:00:00.000Z', boot: null, monotonic_ms: this.count };
    const previous = this.last ?? '0'.repeat(64);
    const line = canonical({ sequence: ++this.count, previous, ...stamp, event, facts });
    this.last = sha256(line);
    return `${line}\n`;
  }

  async checkpoint(): Promise<string> {
    const stamp = { at: '2026-12-01T08:00:00.000Z', boot: null, monotonic_ms: this.count };
    const of = { station: HOSTILE, segment: this.id, sequence: this.count, sha256: this.last };
    const head = canonical({ type: 'custody-head', version: 1, ...of, ...stamp });
    const signature = await signWithMinisign(head, this.#key, 'bodydock custody-head');
    return this.add('checkpoint', { head, signature });
  }
}

describe.skipIf(lacksTools('mosquitto', 'minisign', 'age'))('a log that never ends', () => {
  test('is kept up to its bounds, and another station is taken as before, also after a new count', async ({
    onTestFinished,
  }) => {
    const secrets = await mkdtemp(join(tmpdir(), 'bodydock-stolen-'));
    onTestFinished(() => rm(secrets, { recursive: true }));
    const [key, publicFile] = [join(secrets, 'card.key'), join(secrets, 'card.pub')];
    await run(requireTool('minisign'), ['-G', '-W', '-p', publicFile, '-s', key]);
    const publicKey = (await readFile(publicFile, 'utf8')).split('\n')[1] ?? '';
    const broker = await Mosquitto.open();
    onTestFinished(() => broker.stop());
    const moreStations = [{ id: HOSTILE, publicKey }];
    const dock = await DockRig.open({ broker, moreStations, quotaBytes: GIB });
    onTestFinished(() => dock.close());
    await dock.put(1, 'DCIM/A.MP4', Buffer.alloc(MIB, 'a'));
    await dock.start();
    await dock.untilEmptied(1, 60_000);

    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { protocolVersion: 5 });
    onTestFinished(() => client.endAsync(true));
    let before: Segment | undefined;
    for (let number = 0; number < SEGMENTS; number++) {
      const segment: Segment = new Segment(key, `${'bcdefg'[number]}`.repeat(26).replace(/.$/, 'a'));
      const opening = {
        segment: segment.id,
        station: HOSTILE,
        version: '1',
        last_segment: before?.id ?? null,
        last_sequence: before?.count ?? null,
        last_sha256: before?.last ?? null,
      };
      let text = segment.add('segment-opened', opening);
      for (let batch = 0; batch < BATCHES; batch++) {
        const from = batch === 0 ? 1 : segment.count + 1;
        for (let entry = 0; entry < ENTRIES; entry++)
          text += segment.add('quarantined', { name: 'x', reason: 'r'.repeat(8000) });
        text += await segment.checkpoint();
        await client.publishAsync(`bodydock/v1/${HOSTILE}/up/custody/${segment.id}/${from}`, text, {
          qos: 1,
        });
        text = '';
      }
      before = segment;
    }

    const custody = join(dock.vault, HOSTILE, 'custody');
    const sizes = async (): Promise<number[]> => {
      const names = (await readdir(custody)).filter((name) => name.endsWith('.jsonl'));
      return Promise.all(names.map(async (name) => (await stat(join(custody, name))).size));
    };
    const sum = async (): Promise<number> => (await sizes()).reduce((all, each) => all + each, 0);
    await until('all that it may', 30_000, async () => (await sum()) > 15 * MIB);
    expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(4 * MIB);
    expect(await sum()).toBeLessThanOrEqual(16.1 * MIB);
    expect(await readFile(dock.receiver.logFile, 'utf8')).toContain('custody.too-much');

    await dock.receiver.kill(false);
    await dock.receiver.start();
    await dock.put(1, 'DCIM/B.MP4', Buffer.alloc(MIB, 'b'));
    await dock.untilEmptied(1, 60_000);
    expect(await readFile(dock.receiver.logFile, 'utf8')).not.toContain('quota reached');
    expect(await sum()).toBeLessThanOrEqual(16.1 * MIB); // all that was sent has come by now
  }, 180_000);
});

// The end of a shift: many stations offer small recordings to one receiver at once, over a real mosquitto. The stations are the other end's own state
// machine, in this process; receiver and broker are processes of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import { openMqttBroker } from '../../agent/platform/broker-mqtt.ts';
import { makeSigningKey } from '../../config/enrolment/keys.ts';
import { makeSecretKey, publicKeyLine, publicKeyOf } from '../../protocol/documents/minisign.ts';
import { parseStationId, type StationId } from '../../protocol/format/ids.ts';
import { makeSample } from '../unit/receiver/sample.ts';
import { BASE, ScriptedStation } from '../unit/receiver/scripted-station.ts';
import { MemoryConditions } from './conditions-memory.ts';
import { MemoryLog } from './log-memory.ts';
import { Mosquitto } from './mosquitto.ts';

const WAIT_MS = 5 * 60_000;
const PACKET_BYTES_MAX = 1_048_576;

/** How much comes at once. */
export interface ShiftEnd {
  readonly stations: number;
  /** Of each station. */
  readonly recordings: number;
  readonly sizeBytes: number;
}

/** What came of it. */
export interface Shift {
  /** Whose, in the order in which they came, and ms since the first offer. */
  readonly receipts: readonly { readonly station: StationId; readonly atMs: number }[];
  /** Messages with an offer that the stations sent. */
  readonly offers: number;
}

/**
 * Plays it. `begin` is called with the receiver's process id when all is connected, and `end` before anything is stopped.
 * Shape: `receiver` is the compiled program. Errors: what the receiver wrote, where receipts are missing after five minutes.
 */
export async function playShiftEnd(
  { stations: count, recordings, sizeBytes }: ShiftEnd,
  receiver: URL,
  watch: { begin(pid: number): void; end(): void },
): Promise<Shift> {
  const [clock, random] = [nodeClock(), nodeRandom()];
  const folder = await mkdtemp(join(tmpdir(), 'bodydock-shift-end-'));
  const broker = await Mosquitto.open();
  const keys = Array.from({ length: count }, () => makeSecretKey(random));
  const ids = keys.map((_, at) => parseStationId(`dock-${at + 1}`));
  const storeKey = await makeSigningKey(join(folder, 'store.key'), join(folder, 'store.pub'));
  const file = join(folder, 'receiver.yaml');
  const known = keys.map((key, at) => ({ id: ids[at], public_keys: [publicKeyLine(publicKeyOf(key))] }));
  const configuration = {
    version: 1,
    receiver: 'r-shift',
    vault: { path: 'vault', quota_bytes: 100_000_000_000 },
    keys: { signing_file: 'store.key' },
    stations: known,
    broker: { url: broker.url, base: BASE },
  };
  await writeFile(file, JSON.stringify(configuration), { mode: 0o640 });
  const child = spawn(process.execPath, [fileURLToPath(receiver), '--config', file], { stdio: 'pipe' });
  let said = '';
  const ended = once(child, 'close');
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-100_000);
        if (said.includes('"broker connected"')) resolve();
      });
  });
  const connect = (clientId: string): ReturnType<typeof openMqttBroker> =>
    openMqttBroker({
      url: broker.url,
      protocol: 5,
      clientId,
      maxPacketBytes: PACKET_BYTES_MAX,
      clock,
      random,
      log: new MemoryLog(),
      conditions: new MemoryConditions(),
    });
  const docks = ids.map(
    (id) => new ScriptedStation({ hub: { clock, client: connect }, random, storeKey, id }),
  );
  try {
    const gone = ended.then(() => Promise.reject(new Error(`the receiver ended:\n${said}`)));
    await Promise.race([ready, gone]);
    await Promise.all(docks.map((dock) => dock.start()));
    while (!docks.every((dock) => dock.broker.connected)) await clock.sleep(10, AbortSignal.timeout(WAIT_MS));
    const samples = docks.map((_, at) =>
      Array.from({ length: recordings }, () =>
        makeSample(random, keys[at] ?? makeSecretKey(random), sizeBytes, {
          station: ids[at] ?? parseStationId('none'),
        }),
      ),
    );
    const receipts: { station: StationId; atMs: number }[] = [];
    watch.begin(child.pid ?? 0);
    const startedMs = clock.monotonicMs();
    const all = new Promise<void>((resolve) => {
      for (const dock of docks)
        dock.onReceipt = ({ station }) => {
          receipts.push({ station, atMs: clock.monotonicMs() - startedMs });
          if (receipts.length === count * recordings) resolve();
        };
    });
    for (const [at, dock] of docks.entries()) for (const sample of samples[at] ?? []) dock.push(sample);
    const over = new AbortController();
    const patience = clock.sleep(WAIT_MS, over.signal).then(() => {
      throw new Error(`${receipts.length} receipts of ${count * recordings}:\n${said}`);
    });
    await Promise.race([all, gone, patience]);
    over.abort(new Error('all came'));
    watch.end();
    return { receipts, offers: docks.reduce((sum, { offers }) => sum + offers, 0) };
  } finally {
    await Promise.all(docks.map((dock) => dock.stop()));
    child.kill('SIGTERM');
    await ended;
    await broker.stop();
    await rm(folder, { recursive: true });
  }
}

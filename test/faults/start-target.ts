// Fills a spool with recordings, or opens one and says how long that took.
//   node start-target.js fill DIR COUNT RELEASED   of which so many more were released
//   node start-target.js start DIR      prints {"recordings", "released", "openMs", "calls", "heapBytes", "outsideBytes"}
import { mkdirSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';
import { bulkInline } from '../fakes/bulk-inline.ts';
import type { Bulk } from '../../agent/seal/bulk.ts';
import { openBulkWorkers } from '../../agent/seal/bulk-workers.ts';
import { Spool } from '../../agent/spool/spool.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeRecordingId, type CameraId } from '../../protocol/format/ids.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { nodeRandom } from '../../agent/platform/random-node.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { prepareContent } from '../unit/spool/scenario.ts';

/** Calls of the port by name, so far; what threads do is not among them. */
const calls: Record<string, number> = {};

/** The same files; each call is counted. */
function counted(files: Files): Files {
  return new Proxy(files, {
    get: (target, name: keyof Files) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return target[name].bind(target);
    },
  });
}

async function open(dir: string, bulk: Bulk): Promise<Spool> {
  const { spool } = await Spool.open({
    path: dir,
    reserveBytes: 0,
    files: counted(nodeFiles()),
    bulk,
    clock: nodeClock(),
    random: nodeRandom(),
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
    stationKeys: [],
  });
  return spool;
}

async function fill(dir: string, count: number, released: number): Promise<void> {
  const files = nodeFiles();
  await (await open(dir, bulkInline({ files, random: nodeRandom() }))).close();
  const content = new Uint8Array(1000);
  const chains: string[] = [];
  for (let number = 0; number < count + released; number++) {
    const recording = makeRecordingId(nodeRandom());
    const { documents, chunks } = prepareContent(recording, content, {
      camera: `cam-${number % 50}` as CameraId,
      previous: chains[number % 50] ?? null,
      signature: 'nobody looks at it here',
    });
    chains[number % 50] = sha256Hex(documents.manifestBytes);
    const isReady = number >= released;
    const folder = join(dir, isReady ? 'ready' : 'released', recording);
    mkdirSync(folder);
    writeFileSync(join(folder, 'manifest.json'), documents.manifestBytes);
    writeFileSync(join(folder, 'manifest.json.minisig'), documents.signature);
    if (!isReady) {
      writeFileSync(join(folder, 'receipt.json'), '{}');
      writeFileSync(join(folder, 'receipt.json.minisig'), 'nobody looks at it here');
      continue;
    }
    writeFileSync(join(folder, 'chunks.bin'), chunks);
    writeFileSync(join(folder, 'payload.age'), '');
    truncateSync(join(folder, 'payload.age'), content.length);
  }
}

async function start(dir: string): Promise<void> {
  const cores = availableParallelism();
  const bulk = await openBulkWorkers({ count: Math.min(4, cores), cores });
  const before = performance.now();
  const spool = await open(dir, bulk);
  const openMs = Math.round(performance.now() - before);
  const openCalls = { ...calls };
  const recordings = [...spool.recordings()].length;
  globalThis.gc?.();
  const { heapUsed: heapBytes, arrayBuffers: outsideBytes } = process.memoryUsage();
  const figures = { recordings, released: spool.released, openMs, calls: openCalls, heapBytes, outsideBytes };
  writeSync(1, JSON.stringify(figures));
  await spool.close();
  await bulk.close();
}

const [, , command, dir = '', count = '0', released = '0'] = process.argv;
if (command === 'fill') await fill(dir, Number(count), Number(released));
else if (command === 'start') await start(dir);
else throw new Error('fill or start is wanted');

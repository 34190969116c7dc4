// Fills a spool with recordings, or opens one and says how long that took.
//   node start-target.js fill DIR COUNT
//   node start-target.js start DIR      prints {"recordings", "openMs"}
import { mkdirSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Spool } from '../../agent/spool/spool.ts';
import { makeRecordingId } from '../../protocol/ids.ts';
import { nodeClock } from '../../protocol/io/clock-node.ts';
import { nodeFiles } from '../../protocol/io/files-node.ts';
import { nodeRandom } from '../../protocol/io/random-node.ts';
import { MemoryConditions } from '../fakes/conditions-memory.ts';
import { MemoryLog } from '../fakes/log-memory.ts';
import { prepareContent } from '../agent/spool/scenario.ts';

async function open(dir: string): Promise<Spool> {
  const { spool } = await Spool.open({
    path: dir,
    reserveBytes: 0,
    files: nodeFiles(),
    clock: nodeClock(),
    random: nodeRandom(),
    log: new MemoryLog(),
    conditions: new MemoryConditions(),
    stationKeys: [],
  });
  return spool;
}

async function fill(dir: string, count: number): Promise<void> {
  await (await open(dir)).close();
  const content = new Uint8Array(1000);
  for (let number = 0; number < count; number++) {
    const recording = makeRecordingId(nodeRandom());
    const { documents, chunks } = prepareContent(recording, content, {
      signature: 'nobody looks at it here',
    });
    const folder = join(dir, 'ready', recording);
    mkdirSync(folder);
    writeFileSync(join(folder, 'manifest.json'), documents.manifestBytes);
    writeFileSync(join(folder, 'manifest.json.minisig'), documents.signature);
    writeFileSync(join(folder, 'chunks.bin'), chunks);
    writeFileSync(join(folder, 'payload.age'), '');
    truncateSync(join(folder, 'payload.age'), content.length);
  }
}

async function start(dir: string): Promise<void> {
  const before = performance.now();
  const spool = await open(dir);
  const openMs = Math.round(performance.now() - before);
  writeSync(1, JSON.stringify({ recordings: [...spool.recordings()].length, openMs }));
  await spool.close();
}

const [, , command, dir = '', count = '0'] = process.argv;
if (command === 'fill') await fill(dir, Number(count));
else if (command === 'start') await start(dir);
else throw new Error('fill or start is wanted');

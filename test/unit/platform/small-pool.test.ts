// In a process of its own: the pool is the whole process's, and what it holds is counted after a collection.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const PROJECT = new URL('../../../', import.meta.url).pathname;
const LENGTHS = 1000;

/** Bytes behind buffers that are still held after so many packets of different lengths were written, small buffers between them. */
async function heldAfterPackets(prepare: string): Promise<number> {
  const script = `
    ${prepare}
    const { createRequire } = await import('node:module');
    const { Writable } = await import('node:stream');
    const { setImmediate: turn } = await import('node:timers/promises');
    const mqtt = createRequire('${PROJECT}node_modules/mqtt/package.json')('mqtt-packet');
    const sink = new Writable({ write: (_bytes, _encoding, done) => done() });
    const held = async () => {
      let least = Infinity; // what is free is counted off a little later
      for (let look = 0; look < 8; look++) {
        await turn();
        gc();
        least = Math.min(least, process.memoryUsage().arrayBuffers);
      }
      return least;
    };
    const before = await held();
    for (let bytes = 0; bytes < ${LENGTHS}; bytes++) {
      mqtt.writeToStream({ cmd: 'publish', topic: 'a', payload: Buffer.alloc(bytes), qos: 0 }, sink);
      for (let at = 0; at < 100; at++) Buffer.from('between two packets ' + at);
      if (bytes % 100 === 0) await turn();
    }
    console.log((await held()) - before);`;
  const { stdout } = await run(
    process.execPath,
    ['--expose-gc', '--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: PROJECT },
  );
  return Number(stdout);
}

test('packets of many lengths do not keep a pool of buffers each', async () => {
  const { href } = new URL('../../../agent/platform/memory.ts', import.meta.url);
  const small = await heldAfterPackets(`(await import('${href}')).useSmallPool();`);
  expect(small).toBeLessThan(1e6);
  expect(await heldAfterPackets('')).toBeGreaterThan(3 * small); // else mqtt-packet has changed, and the small pool may go
});

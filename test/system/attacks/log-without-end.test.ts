// A segment of a log that never ends: a file with a hole of a terabyte, or a device. A verifier would wait for ever.
import { execFile } from 'node:child_process';
import { readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

const run = promisify(execFile);
const TERABYTE = 2 ** 40;

describe.skipIf(lacksTools(...TOOLS))('a segment without an end', () => {
  let honest: AttackedWorld;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
  });
  afterAll(() => honest.close());

  async function segmentOf(world: AttackedWorld): Promise<string> {
    const custody = join(world.vault, STATION, 'custody');
    return join(custody, (await readdir(custody)).find((name) => name.endsWith('.jsonl')) ?? '');
  }

  test('that has a hole is refused at once', async () => {
    const world = await honest.copy();
    await truncate(await segmentOf(world), TERABYTE);
    const { product, python } = await world.verdicts();
    expect([product.exitCode, product.findings.includes('custody.unreadable')]).toEqual([1, true]);
    expect([python.exitCode, python.findings.includes('custody.oversize')]).toEqual([1, true]);
    await world.close();
  });

  test.skipIf(process.getuid?.() !== 0)('that is a device is refused at once', async () => {
    const world = await honest.copy();
    const segment = await segmentOf(world);
    await rm(segment);
    await run('mknod', [segment, 'c', '1', '5']);
    expect((await world.verdicts()).product).toEqual(refusing('custody.unreadable').product);
    expect((await world.verdicts()).python.exitCode).toBe(1);
    await world.close();
  });
});

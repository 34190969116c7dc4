import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Part, type Patience } from '../../../../agent/cli/first-run/processes.ts';
import { nodeClock } from '../../../../agent/platform/clock-node.ts';

const WORK = (ms: number): string => `const end = Date.now() + ${ms}; while (Date.now() < end);`;
const READY = `process.send({ ready: true }); setInterval(() => undefined, 1000);`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-part-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts a program of that text, waits for it to be ready, and ends it. */
async function wait(text: string, patience: Patience): Promise<{ said: unknown; told: string[] }> {
  const script = join(folder, 'part.mjs');
  await writeFile(script, text);
  const part = await Part.start('receiver', script, [], folder, nodeClock());
  const told: string[] = [];
  try {
    return { said: await part.ready((line) => told.push(line), patience), told };
  } finally {
    await part.stop();
  }
}

describe('a part of the first run that starts', () => {
  test('is waited for as long as it works, and that is told', async () => {
    const patience = { idleMs: 1000, mostMs: 60_000, tellMs: 1000 };
    const { said, told } = await wait(`${WORK(3500)} ${READY}`, patience);
    expect(said).toEqual({ ready: true });
    expect(told[0]).toMatch(/^Waiting for the receiver to start: \d+ s\. Its log: .*receiver\.log\n$/);
    expect(told.length).toBeGreaterThan(1);
  });

  test('is given up where it does nothing', async () => {
    const idle = 'setInterval(() => undefined, 100_000);';
    await expect(wait(idle, { idleMs: 2000, mostMs: 60_000, tellMs: 60_000 })).rejects.toMatchObject({
      code: 'first-run.part',
      message: expect.stringContaining('has done nothing for 2 s') as string,
    });
  });

  test('is given up in the end, whatever it does', async () => {
    await expect(wait(WORK(20_000), { idleMs: 60_000, mostMs: 2000, tellMs: 60_000 })).rejects.toMatchObject({
      message: expect.stringContaining('is not ready after 2 s') as string,
    });
  });

  test('is not waited for once it has ended', async () => {
    await expect(
      wait('process.exit(3)', { idleMs: 60_000, mostMs: 60_000, tellMs: 60_000 }),
    ).rejects.toMatchObject({ message: expect.stringContaining('ended before it was ready') as string });
  });
});

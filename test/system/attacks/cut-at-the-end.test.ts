// Somebody without any key takes away what came last: the whole folder of a station, or the end of its log with all that is named there. What
// the store's own log says of it cannot be taken away without its key, and does not fit what others keep of that log with it.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, KEEPER, refusing, STATION, TOOLS } from './attacked-world.ts';

/** Text of the one segment of a log, and where it lies. */
async function segmentOf(custody: string): Promise<{ readonly path: string; readonly lines: string[] }> {
  const names = (await readdir(custody)).filter((name) => name.endsWith('.jsonl'));
  const path = join(custody, names[0] ?? '');
  return { path, lines: (await readFile(path, 'utf8')).trimEnd().split('\n') };
}

/** Cuts a log after its first checkpoint that comes after the first entry of an event. */
async function cutAfter(custody: string, event: string): Promise<string[]> {
  const { path, lines } = await segmentOf(custody);
  const first = lines.findIndex((line) => line.includes(`"event":"${event}"`));
  const end = lines.findIndex((line, at) => at > first && line.includes('"event":"checkpoint"'));
  await writeFile(path, `${lines.slice(0, end + 1).join('\n')}\n`);
  await rm(`${path}.minisig`, { force: true });
  return lines.slice(end + 1);
}

describe.skipIf(lacksTools(...TOOLS))('what is taken away at the end', () => {
  let honest: AttackedWorld;
  let world: AttackedWorld;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
  });
  afterAll(() => honest.close());

  test('with the whole folder of a station is missed', async () => {
    world = await honest.copy();
    await rm(join(world.vault, STATION), { recursive: true });
    const said = await world.verdicts();
    expect(said).toEqual(refusing('receipt.missing'));
    expect(said).toEqual(refusing('log.tail-missing'));
    await world.close();
  });

  test.each([
    ['is missed', false],
    ['is missed where the store revokes the key of that log, and says that nothing came since', true],
  ])('with the end of the log of the station %s', async (_, isRevoked) => {
    world = await honest.copy();
    const gone = await cutAfter(join(world.vault, STATION, 'custody'), 'docked');
    const ids = gone.flatMap((line) => /"(?:recording|record)":"([a-z2-7]{26})"/.exec(line)?.[1] ?? []);
    for (const id of new Set(ids)) await rm(world.folder(id), { recursive: true, force: true });
    if (isRevoked) {
      const ran = await world.store(
        'revoke',
        STATION,
        '--key',
        await world.stationKeyId(),
        '--reason',
        'stolen',
      );
      expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
    }
    const said = await world.verdicts();
    expect(said).toEqual(refusing('receipt.missing'));
    expect(said).toEqual(refusing('log.tail-missing'));
    await world.close();
  });

  test('with the end of the log of the store is missed by the checkpoint beside it', async () => {
    world = await honest.copy();
    await rm(join(world.vault, STATION), { recursive: true });
    await cutAfter(join(world.vault, KEEPER, 'custody'), 'receiver-started');
    expect(await world.verdicts()).toEqual(refusing('log.shortened'));
    await world.close();
  });

  test('with that checkpoint is missed by the one that somebody kept', async () => {
    world = await honest.copy();
    const kept = join(honest.vault, KEEPER, 'log', 'checkpoint');
    await rm(join(world.vault, STATION), { recursive: true });
    await cutAfter(join(world.vault, KEEPER, 'custody'), 'receiver-started');
    await rm(join(world.vault, KEEPER, 'log'), { recursive: true });
    const trusting = await world.bodydock('verify', world.vault, '--trust', world.keys);
    expect(trusting.stdout).toContain('fixed by nobody outside');
    expect(await world.verdicts(world.vault, '--checkpoint', kept)).toEqual(refusing('log.shortened'));
    await world.close();
  });
});

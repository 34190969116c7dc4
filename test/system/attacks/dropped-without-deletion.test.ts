// The keeper writes one line into the store's log, by the store's key alone: documents that nobody deleted were dropped. Then he removes them.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, refusing, STATION, TOOLS } from './attacked-world.ts';

const GOOD = { product: { exitCode: 0, findings: [] }, python: { exitCode: 0, findings: [] } };
const NO_DELETION = { deletion_sha256: null, deleted_at: null };

describe.skipIf(lacksTools(...TOOLS))('documents that were dropped and never deleted', () => {
  let honest: AttackedWorld;
  let world: AttackedWorld;
  beforeAll(async () => {
    honest = await AttackedWorld.open();
  });
  afterAll(() => honest.close());

  test('are not there to begin with: the vault is good', async () => {
    expect(await honest.verdicts()).toMatchObject(GOOD);
  });

  test('of one recording are found', async () => {
    world = await honest.copy();
    const [one] = await world.named('manifest.json');
    if (one === undefined) throw new Error('no recording');
    const keys = ['--keys', world.keys];
    const printed = await world.bodydock('witness', '--vault', world.vault, ...keys);
    const paper = join(world.root, 'paper.txt');
    await writeFile(paper, printed.stdout);
    expect(await world.verdicts(world.vault, '--checkpoint', paper)).toMatchObject(GOOD);
    const log = await world.storeLog();
    log.add('documents-dropped', { ...one, ...NO_DELETION });
    await log.close();
    await world.remove(one.recording);
    const said = await world.verdicts(world.vault, '--checkpoint', paper);
    expect(said).toEqual(refusing('drop.not-deleted'));
    // The lines on paper are all there, and no excuse.
    for (const { findings } of [said.product, said.python]) expect(findings).not.toContain('log.forked');
    const life = await world.bodydock('custody', one.recording, '--vault', world.vault, ...keys);
    expect([life.exitCode, life.stdout]).toEqual([
      1,
      expect.stringMatching(/no entry before says\s+that it was deleted/),
    ]);
    const day = one.received_at.slice(0, 10);
    const period = ['--from', day, '--to', day, '--zone', 'UTC', '--json'];
    const report = await world.bodydock('report', '--vault', world.vault, ...period, ...keys);
    expect(report.exitCode, report.stdout).toBe(1);
    await world.close();
  });

  test('of all recordings and docking records, with the log of the station, are found', async () => {
    world = await honest.copy();
    const all = [...(await world.named('manifest.json')), ...(await world.named('docking.json'))];
    expect(all).toHaveLength(4);
    const log = await world.storeLog();
    for (const each of all) {
      log.add('documents-dropped', { ...each, ...NO_DELETION });
      await world.remove(each.recording);
    }
    await log.close();
    expect(await world.verdicts()).toEqual(refusing('drop.not-deleted'));
    const custody = join(world.vault, STATION, 'custody');
    for (const name of await readdir(custody)) {
      if (!name.endsWith('.jsonl')) continue;
      const lines = (await readFile(join(custody, name), 'utf8')).trimEnd().split('\n');
      const segment = name.slice(0, -'.jsonl'.length);
      const facts = { segment, last_sequence: lines.length, last_sha256: sha256(lines.at(-1) ?? '') };
      log.add('segment-dropped', facts);
    }
    await log.close();
    await rm(custody, { recursive: true });
    expect(await world.verdicts()).toEqual(refusing('drop.segment'));
    await world.close();
  });

  test('of a docking record alone are found', async () => {
    world = await honest.copy();
    const [one] = await world.named('docking.json');
    if (one === undefined) throw new Error('no docking record');
    const log = await world.storeLog();
    // Long ago, says the keeper; the station's log says today.
    const received_at = new Date(Date.parse(one.received_at) - 400 * 86_400_000).toISOString();
    log.add('documents-dropped', { ...one, received_at, ...NO_DELETION });
    await log.close();
    await world.remove(one.recording);
    expect(await world.verdicts()).toEqual(refusing('drop.other-time'));
    await world.close();
  });
});

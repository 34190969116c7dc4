// The keeper sets one day of retention for recordings and documents, and lets everything go within three days.
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, type Named, TOOLS } from './attacked-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a store whose keeper sets one day of retention', () => {
  const clock = new FakeWallClock();
  let honest: AttackedWorld;
  beforeAll(async () => {
    clock.move(-120 * DAY_MS);
    honest = await AttackedWorld.open(clock.environment);
  });
  afterAll(async () => {
    clock.close();
    await honest.close();
  });

  /** Without the program: entries and records by the store's key, as it made them of such a setting. Gives where time stands. */
  async function deleteAll(
    world: AttackedWorld,
    { days = 1, isSaid = true } = {},
  ): Promise<{ all: Named[]; digests: string[]; ms: number }> {
    const all = await world.named('manifest.json');
    const log = await world.storeLog();
    const startMs = Date.parse(log.at);
    const at = (ms: number): string => new Date(startMs + ms).toISOString();
    if (days < 14) log.add('retention', { days, documents_days: 1 }, at(1000));
    const digests: string[] = [];
    const dueOf = (from: string): string => new Date(Date.parse(from) + days * DAY_MS).toISOString();
    for (const { recording, station } of all) {
      const due_at = dueOf((await world.retentionOf(recording)).from);
      log.add('expiry-warned', { recording, station, due_at }, at(2000));
    }
    for (const named of all) {
      const { recording, station } = named;
      const { basis, from } = await world.retentionOf(recording);
      const due = dueOf(from);
      const deletedAt = at(days * DAY_MS + 2 * HOUR_MS);
      const retention = { days, basis, from_at: from, due_at: due };
      const record = await world.deletion(named, deletedAt, { retention });
      digests.push(record.sha256);
      if (isSaid) log.sayTime(deletedAt);
      for (const event of ['deleting', 'deleted'])
        log.add(event, { recording, station, deletion_sha256: record.sha256 }, deletedAt);
      await world.deletePayload(recording, record);
    }
    await log.close();
    return { all, digests, ms: startMs };
  }

  test('is refused by the program, which says what is allowed', async () => {
    const world = await honest.copy();
    await appendFile(join(world.root, 'receiver.yaml'), '\nretention: {days: 1, documents_days: 1}\n');
    const ran = await world.store('expire');
    expect([ran.exitCode, ran.stdout + ran.stderr]).toEqual([78, expect.stringContaining('14')]);
    expect(await world.named('manifest.json')).toHaveLength(3);
    await world.close();
  });

  test('and deletes by it without the program, is found', async () => {
    const world = await honest.copy();
    await deleteAll(world);
    const { product, python } = await world.verdicts();
    expect(product).toMatchObject({ exitCode: 1, findings: ['deletion.too-few-days'] });
    expect(python).toMatchObject({ exitCode: 1, findings: ['deletion.retention-days'] });
    await world.close();
  });

  test('of 14 days, by a clock that nobody outside confirmed, is found', async () => {
    const world = await honest.copy();
    await deleteAll(world, { days: 14, isSaid: false });
    const { product, python } = await world.verdicts();
    expect(product).toMatchObject({ exitCode: 1, findings: ['deletion.no-outside-time'] });
    expect(python).toMatchObject({ exitCode: 1, findings: ['deletion.no-outside-time'] });
    await world.close();
  });

  test('and drops the documents a day later, is found', async () => {
    const world = await honest.copy();
    const { all, digests, ms } = await deleteAll(world);
    const log = await world.storeLog();
    const deleted = new Date(ms + DAY_MS + 2 * HOUR_MS).toISOString();
    const dropped = new Date(ms + 2 * DAY_MS + 4 * HOUR_MS).toISOString();
    for (const [at, named] of all.entries()) {
      const facts = { ...named, deletion_sha256: digests[at] ?? '', deleted_at: deleted };
      log.add('documents-dropped', facts, dropped);
    }
    await log.close();
    for (const { recording } of all) {
      const [json, signature] = await Promise.all(
        ['deletion.json', 'deletion.json.minisig'].map((name) =>
          readFile(join(world.folder(recording), name), 'utf8'),
        ),
      );
      await world.keep(recording, { json: json ?? '', signature: signature ?? '' });
      await world.remove(recording);
    }
    const { product, python } = await world.verdicts();
    expect(product.exitCode).toBe(1);
    expect(product.findings.toSorted()).toEqual(['deletion.too-few-days', 'drop.too-early']);
    expect(python.findings).toEqual(expect.arrayContaining(['deletion.retention-days', 'drop.too-early']));
    await world.close();
  });
});

// Both roles hold a recording. The keeper writes that its documents were dropped, and removes it: the order and the store's log stay as they are,
// or the order goes too, and his log says that both roles had lifted it.
import { appendFile, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, makeRoleKeys, refusing, ROLES, signAsRoles, TOOLS } from './attacked-world.ts';

const DAY_MS = 86_400_000;

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a recording that both roles hold', () => {
  const clock = new FakeWallClock();
  let held: AttackedWorld;
  let recording: string;
  beforeAll(async () => {
    clock.move(-800 * DAY_MS);
    held = await AttackedWorld.open(clock.environment);
    const people = join(held.root, 'people');
    await appendFile(join(held.root, 'receiver.yaml'), await makeRoleKeys(people));
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(held.keys, `${role}.pub`));
    recording = (await held.named('manifest.json'))[0]?.recording ?? '';
    const order = join(held.root, 'order');
    const made = await held.storeAt(
      clock,
      'hold',
      'first-run',
      recording,
      '--reason',
      'case-1',
      '--out',
      order,
    );
    expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    await signAsRoles(order, 'order.json', people);
    const placed = await held.storeAt(clock, 'hold', '--place', order);
    expect(placed.exitCode, placed.stdout + placed.stderr).toBe(0);
  });
  afterAll(async () => {
    clock.close();
    await held.close();
  });

  test.each([
    ['as if nobody had deleted it before', false],
    ['after a deletion that the keeper makes up', true],
  ])('is missed where its documents are dropped %s', async (_, isDeleted) => {
    const world = await held.copy();
    const one = (await world.named('manifest.json')).find((each) => each.recording === recording);
    if (one === undefined) throw new Error('no recording');
    const log = await world.storeLog();
    const later = new Date(Date.parse(log.at) + 800 * DAY_MS).toISOString();
    const record = await world.deletion(one, later);
    const of = { station: one.station, recording, deletion_sha256: record.sha256 };
    if (isDeleted) for (const event of ['deleting', 'deleted']) log.add(event, of);
    const gone = isDeleted
      ? { deletion_sha256: record.sha256, deleted_at: later }
      : { deletion_sha256: null, deleted_at: null };
    log.add('documents-dropped', { ...one, ...gone });
    await log.close();
    if (isDeleted) await world.keep(recording, record);
    await world.remove(recording);
    expect(await world.verdicts()).toEqual(refusing(isDeleted ? 'drop.held' : 'drop.not-deleted'));
    await world.close();
  });

  test('is missed where the order went with it, and entries say that both lifted it', async () => {
    const world = await held.copy();
    const one = (await world.named('manifest.json')).find((each) => each.recording === recording);
    if (one === undefined) throw new Error('no recording');
    const log = await world.storeLog();
    const nowMs = Date.parse(log.at);
    const at = (days: number): string => new Date(nowMs + days * DAY_MS).toISOString();
    const unhold = { station: one.station, recording, order: 'a'.repeat(26), verb: 'unhold' };
    for (const role of ROLES) {
      const signed = { role, order_sha256: '5'.repeat(64), key_id: '5'.repeat(16) };
      log.add('order', { ...unhold, ...signed }, at(1));
    }
    const { basis, from } = await world.retentionOf(recording);
    const due = new Date(Date.parse(from) + 14 * DAY_MS).toISOString();
    const retention = { days: 14, basis, from_at: from, due_at: due };
    log.add('expiry-warned', { recording, station: one.station, due_at: due }, at(2));
    const record = await world.deletion(one, at(17), { retention });
    const of = { station: one.station, recording, deletion_sha256: record.sha256 };
    log.sayTime(at(17));
    for (const event of ['deleting', 'deleted']) log.add(event, of, at(17));
    log.add('documents-dropped', { ...one, deletion_sha256: record.sha256, deleted_at: at(17) }, at(760));
    await log.close();
    await world.keep(recording, record);
    await world.remove(recording);
    await rm(join(world.vault, one.station, 'orders'), { recursive: true });
    const { product, python } = await world.verdicts();
    expect(product).toMatchObject({ exitCode: 1, findings: ['order.missing'] });
    expect(python).toMatchObject({ exitCode: 1, findings: ['store-log.order-missing'] });
    await world.close();
  });
});

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a recording that is due, and was held then', () => {
  test('is missed where it is deleted today, by a record of the day before the hold', async () => {
    const clock = new FakeWallClock();
    clock.move(-20 * DAY_MS);
    const world = await AttackedWorld.open(clock.environment);
    const people = join(world.root, 'people');
    await appendFile(join(world.root, 'receiver.yaml'), await makeRoleKeys(people));
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
    const one = (await world.named('manifest.json'))[0];
    if (one === undefined) throw new Error('no recording');
    const { basis, from } = await world.retentionOf(one.recording);
    const at = (days: number): string => new Date(Date.parse(from) + days * DAY_MS).toISOString();
    clock.move(-2 * DAY_MS);
    const order = join(world.root, 'order');
    const asked = ['first-run', one.recording, '--reason', 'case-1', '--out', order];
    for (const args of [asked, ['--place', order]]) {
      const ran = await world.storeAt(clock, 'hold', ...args);
      expect(ran.exitCode, ran.stdout + ran.stderr).toBe(0);
      if (args === asked) await signAsRoles(order, 'order.json', people);
    }
    const log = await world.storeLog();
    const retention = { days: 14, basis, from_at: from, due_at: at(14) };
    const record = await world.deletion(one, at(15), { retention });
    log.add('outside-time', { by: 'witness', name: 'w.test', said_at: at(15), boot: null }, at(19.5));
    const of = { station: one.station, recording: one.recording, deletion_sha256: record.sha256 };
    for (const event of ['deleting', 'deleted']) log.add(event, of, at(19.5));
    await log.close();
    await world.deletePayload(one.recording, record);
    expect(await world.verdicts()).toEqual(refusing('deletion.held'));
    clock.close();
    await world.close();
  });
});

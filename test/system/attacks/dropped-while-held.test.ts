// Both roles hold a recording. The keeper writes that its documents were dropped, and removes it; the order and the store's log stay as they are.
import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacksTools } from '../../fakes/stock-tools.ts';
import { AttackedWorld, makeRoleKeys, refusing, ROLES, signAsRoles, TOOLS } from './attacked-world.ts';

const DAY_MS = 86_400_000;

describe.skipIf(lacksTools(...TOOLS))('a recording that both roles hold', () => {
  let held: AttackedWorld;
  let recording: string;
  beforeAll(async () => {
    held = await AttackedWorld.open();
    const people = join(held.root, 'people');
    await appendFile(join(held.root, 'receiver.yaml'), await makeRoleKeys(people));
    for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(held.keys, `${role}.pub`));
    recording = (await held.named('manifest.json'))[0]?.recording ?? '';
    const order = join(held.root, 'order');
    const made = await held.store('hold', 'first-run', recording, '--reason', 'case-1', '--out', order);
    expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    await signAsRoles(order, 'order.json', people);
    const placed = await held.store('hold', '--place', order);
    expect(placed.exitCode, placed.stdout + placed.stderr).toBe(0);
  });
  afterAll(() => held.close());

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
});

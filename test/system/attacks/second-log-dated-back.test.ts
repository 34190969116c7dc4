// The keeper begins a second log by the store's key, under the name of a receiver that never was, and dates all of it back: what it deletes, drops,
// warns of, receipts, announces and puts in force was long ago, it says. Stations heard of it never.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeWallClock } from '../../fakes/fake-wall-clock.ts';
import { canonical, ForgedLog, sha256, signWithMinisign } from '../../fakes/forged-log.ts';
import { lacksTools } from '../../fakes/stock-tools.ts';
import {
  AttackedWorld,
  KEEPER,
  makeRoleKeys,
  type Named,
  ROLES,
  signAsRoles,
  STATION,
  TOOLS,
} from './attacked-world.ts';

const DAY_MS = 86_400_000;
const NEVER = 'r-never-was';
const GOOD = { exitCode: 0, findings: [] };

/** That long ago, or after another time. */
function daysAgo(days: number, ms = Date.now()): string {
  return new Date(ms - days * DAY_MS).toISOString();
}

/** The log of a receiver that never was. */
function secondLog(world: AttackedWorld, at: string): Promise<ForgedLog> {
  return ForgedLog.begin(join(world.vault, NEVER, 'custody'), NEVER, world.storeKey, at);
}

/** The facts of a deletion of it after so many days, and its record. */
async function deletionOf(
  world: AttackedWorld,
  named: Named,
  deletedAt: string,
  days = 14,
  receiver = NEVER,
) {
  const { recording, station } = named;
  const { basis, from } = await world.retentionOf(recording);
  const retention = { days, basis, from_at: from, due_at: daysAgo(-days, Date.parse(from)) };
  const record = await world.deletion(named, deletedAt, { receiver, retention });
  return { record, facts: { station, recording, deletion_sha256: record.sha256 } };
}

async function putRoles(world: AttackedWorld): Promise<void> {
  const people = join(world.root, 'people');
  const file = join(world.root, 'receiver.yaml');
  await writeFile(file, (await readFile(file, 'utf8')) + (await makeRoleKeys(people)));
  for (const role of ROLES) await copyFile(join(people, `${role}.pub`), join(world.keys, `${role}.pub`));
}

async function firstOf(world: AttackedWorld, document: 'manifest.json' | 'docking.json'): Promise<Named> {
  const [named] = await world.named(document);
  if (named === undefined) throw new Error(`no ${document}`);
  return named;
}

/** Both verifiers say this of it, and nothing else. */
async function expectFound(world: AttackedWorld, product: string, python = product): Promise<void> {
  const said = await world.verdicts();
  expect(said.product).toMatchObject({ exitCode: 1, findings: [product] });
  expect(said.python).toMatchObject({ exitCode: 1, findings: [python] });
  await world.close();
}

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a log of a receiver that never was', () => {
  const clock = new FakeWallClock();
  let honest: AttackedWorld;
  beforeAll(async () => {
    clock.move(-120 * DAY_MS);
    honest = await AttackedWorld.open(clock.environment);
    await putRoles(honest);
  });
  afterAll(async () => {
    clock.close();
    await honest.close();
  });

  test.each([
    ['deletes what both roles hold, before that was ordered', 100, false],
    ['deletes it within the last day', 0.9, false],
    ['drops its documents after days that never passed', 100, true],
  ])('%s', async (_, days, isDropped) => {
    const world = await honest.copy();
    const named = await firstOf(world, 'manifest.json');
    const order = join(world.root, 'order');
    await world.store('hold', STATION, named.recording, '--reason', 'case-1', '--out', order);
    await signAsRoles(order, 'order.json', join(world.root, 'people'));
    expect((await world.store('hold', '--place', order)).exitCode).toBe(0);
    expect(await world.verdicts()).toMatchObject({ product: GOOD, python: GOOD });

    const deletedAt = daysAgo(days);
    const { record, facts } = await deletionOf(world, named, deletedAt);
    const log = await secondLog(world, daysAgo(days + 1));
    for (const event of ['deleting', 'deleted']) log.add(event, facts, deletedAt);
    await world.deletePayload(named.recording, record);
    if (isDropped) {
      const { deletion_sha256 } = facts;
      log.add('documents-dropped', { ...named, deletion_sha256, deleted_at: deletedAt }, daysAgo(9));
      await world.keep(named.recording, record);
      await world.remove(named.recording);
    }
    await log.close();
    await expectFound(world, 'store-log.not-known');
  });

  test('announces fewer days, and made the deletion record that the true log names', async () => {
    const world = await honest.copy();
    // The store keeps what comes from now on for 40 days, and gives a receipt again.
    const named = await firstOf(world, 'manifest.json');
    const own = await world.storeLog();
    own.add('retention', { days: 40, documents_days: 730 });
    const receivedAt = daysAgo(0, Date.parse(own.at) + 1000);
    const path = join(world.folder(named.recording), 'receipt.json');
    const receipt = canonical({
      ...(JSON.parse(await readFile(path, 'utf8')) as object),
      received_at: receivedAt,
    });
    await writeFile(path, receipt);
    await writeFile(`${path}.minisig`, await signWithMinisign(receipt, world.storeKey, 'bodydock receipt'));
    const { station, recording } = named;
    const receipt_sha256 = sha256(receipt);
    own.add('receipt', { kind: 'recording', station, recording, receipt_sha256 }, receivedAt);
    const atStation = await ForgedLog.open(
      join(world.vault, STATION, 'custody'),
      STATION,
      join(world.root, 'secrets', 'station.key'),
    );
    atStation.add('receipted', { recording, receiver: KEEPER, receipt_sha256 }, receivedAt);
    await atStation.close();
    await own.close();
    expect(await world.verdicts()).toMatchObject({ product: GOOD, python: GOOD });

    const log = await secondLog(world, daysAgo(121));
    log.add('retention', { days: 14, documents_days: 90 });
    await log.close();
    const again = { ...named, receipt_sha256, received_at: receivedAt };
    const deletedAt = daysAgo(100);
    const { record, facts } = await deletionOf(world, again, deletedAt);
    const goingOn = await world.storeLog();
    for (const event of ['deleting', 'deleted']) goingOn.add(event, facts, deletedAt);
    await goingOn.close();
    await world.deletePayload(recording, record);
    await expectFound(world, 'deletion.too-few-days', 'deletion.retention-days');
  });
});

describe.skipIf(lacksTools(...TOOLS, 'faketime'))('a second log beside that of a young store', () => {
  const clock = new FakeWallClock();
  let honest: AttackedWorld;
  beforeAll(async () => {
    clock.move(-10 * DAY_MS);
    honest = await AttackedWorld.open(clock.environment);
    await putRoles(honest);
  });
  afterAll(async () => {
    clock.close();
    await honest.close();
  });

  test('receipted a docking record long ago, so that the true log may drop it today', async () => {
    const world = await honest.copy();
    const { received_at: _, ...named } = await firstOf(world, 'docking.json');
    const { station, recording, receipt_sha256 } = named;
    const received_at = daysAgo(92);
    const log = await secondLog(world, received_at);
    log.add('receipt', { kind: 'docking', station, recording, receipt_sha256 });
    await log.close();
    const own = await world.storeLog();
    const gone = { ...named, received_at, deletion_sha256: null, deleted_at: null };
    // This one names recordings that are here, which is found beside it; the station docked the camera later than 90 days ago, too.
    own.add('documents-dropped', gone, daysAgo(0));
    await own.close();
    await world.remove(recording);
    const { product, python } = await world.verdicts();
    const findings = expect.arrayContaining(['store-log.not-known', 'drop.too-early']);
    expect(product).toMatchObject({ exitCode: 1, findings });
    expect(python).toMatchObject({ exitCode: 1, findings });
    await world.close();
  });

  test('puts a policy in force before both roles signed it', async () => {
    const world = await honest.copy();
    const folder = join(world.root, 'policy');
    const made = await world.store('policy', 'make', '--out', folder, '--days', '5');
    expect(made.exitCode, made.stdout + made.stderr).toBe(0);
    await signAsRoles(folder, 'policy.json', join(world.root, 'people'));
    const placed = join(world.vault, 'policies', '1');
    await mkdir(placed, { recursive: true });
    for (const name of ['policy.json', ...ROLES.map((role) => `policy.json.${role}.minisig`)])
      await copyFile(join(folder, name), join(placed, name));
    const log = await secondLog(world, daysAgo(11));
    const policy_sha256 = sha256(await readFile(join(placed, 'policy.json')));
    log.add('policy', { number: 1, policy_sha256 });
    await log.close();
    expect(await world.verdicts()).toMatchObject({ product: GOOD, python: GOOD });

    const named = await firstOf(world, 'manifest.json');
    const deletedAt = daysAgo(0);
    const { record, facts } = await deletionOf(world, named, deletedAt, 5, KEEPER);
    const own = await world.storeLog();
    own.sayTime(deletedAt);
    for (const event of ['deleting', 'deleted']) own.add(event, facts, deletedAt);
    await own.close();
    await world.deletePayload(named.recording, record);
    const { product, python } = await world.verdicts();
    expect(product.findings.toSorted()).toEqual(['deletion.too-few-days', 'store-log.not-known']);
    expect(python.findings.toSorted()).toEqual(['deletion.retention-days', 'store-log.not-known']);
    await world.close();
  });
});

describe.skipIf(lacksTools(...TOOLS, 'faketime'))(
  'a warning of what came by a clock that had lost its time',
  () => {
    const clock = new FakeWallClock();
    let honest: AttackedWorld;
    beforeAll(async () => {
      clock.move(Date.UTC(2024, 11, 1) - Date.now());
      honest = await AttackedWorld.open(clock.environment);
    });
    afterAll(async () => {
      clock.close();
      await honest.close();
    });

    test.each([
      ['early enough is good', 'in time', undefined, undefined],
      ['dated back in the log itself is found', 'back', 'deletion.not-warned', 'deletion.unwarned'],
      ['dated back in a second log is found', 'second', 'store-log.not-known', 'store-log.not-known'],
    ])('%s', async (_, how, product, python) => {
      const world = await honest.copy();
      const named = await firstOf(world, 'manifest.json');
      const deletedAt = daysAgo(1);
      const { record, facts } = await deletionOf(world, named, deletedAt, 14, KEEPER);
      const { recording, station } = named;
      const warned = { recording, station, due_at: deletedAt };
      const own = await world.storeLog();
      if (how === 'in time') own.add('expiry-warned', warned, daysAgo(20));
      own.sayTime(deletedAt);
      if (how === 'back') own.add('expiry-warned', warned, daysAgo(20));
      if (how === 'second') {
        const log = await secondLog(world, daysAgo(20));
        log.add('expiry-warned', warned);
        await log.close();
      }
      for (const event of ['deleting', 'deleted']) own.add(event, facts, deletedAt);
      await own.close();
      await world.deletePayload(recording, record);
      if (product === undefined)
        expect(await world.verdicts()).toMatchObject({ product: GOOD, python: GOOD });
      else await expectFound(world, product, python);
    });
  },
);

// The policy of both roles at the store: who may place which, and what it makes of the file, of due dates and of orders.
import { expect, test } from 'vitest';
import {
  makePolicy,
  placePolicy,
  type PolicyWish,
  readPolicies,
  underPolicy,
} from '../../../../agent/receiver/retention/policies.ts';
import {
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
  makeSecretKey,
} from '../../../../protocol/documents/minisign.ts';
import { laterTerms, parsePolicy, POLICY_TRUSTED_COMMENT } from '../../../../protocol/documents/policy.ts';
import { sha256Hex } from '../../../../protocol/format/bytes.ts';
import { whileTimePasses } from '../../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../../fakes/files-crash.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import {
  DAY_MS,
  deletionOf,
  depsOn,
  entriesOf,
  expireOn,
  namedBy,
  officerKey,
  plantOrder,
  plantRecording,
  retentionDisk,
  START_MS,
  supervisorKey,
  type TestDeps,
  VAULT,
} from './retention-scenario.ts';

const random = seededRandom(903);
const [newOfficer, newSupervisor] = [makeSecretKey(random), makeSecretKey(random)];
/** What a file without days says. */
const SILENT = { days: null, documentsDays: null, timerHours: 24 };
const NOTHING: PolicyWish = { daysMin: undefined, daysMax: undefined, documentsDays: undefined };
let seed = 100;

interface Signers {
  readonly officer: SecretKey;
  readonly supervisor: SecretKey;
}
const OLD: Signers = { officer: officerKey, supervisor: supervisorKey };
const NEW: Signers = { officer: newOfficer, supervisor: newSupervisor };

const BY_NEW = {
  verb: 'delete',
  orderedMs: START_MS,
  by: ['officer', 'supervisor'],
  officerKey: newOfficer,
  supervisorKey: newSupervisor,
} as const;

function unsettled(disk: CrashDisk, roles: Signers = OLD, days: number | null = null) {
  const keys = { officers: [publicKeyOf(roles.officer)], supervisors: [publicKeyOf(roles.supervisor)] };
  return { ...depsOn(disk, ++seed, { bootId: 'one boot' }), roles: keys, retention: { ...SILENT, days } };
}

/** Makes one by the roles of the file, has it signed, and places it. Gives its bytes. */
async function placed(
  disk: CrashDisk,
  wish: Partial<PolicyWish>,
  {
    roles = OLD,
    by = roles,
    deps = unsettled(disk, roles),
  }: { readonly roles?: Signers; readonly by?: Signers; readonly deps?: ReturnType<typeof unsettled> } = {},
): Promise<Uint8Array> {
  const bytes = await makePolicy(deps, { ...NOTHING, ...wish });
  await whileTimePasses(deps.clock, placePolicy(deps, bytes, signedBy(by, bytes)));
  return bytes;
}

function signedBy({ officer, supervisor }: Signers, bytes: Uint8Array) {
  return {
    officer: signFast(officer, bytes, POLICY_TRUSTED_COMMENT),
    supervisor: signFast(supervisor, bytes, POLICY_TRUSTED_COMMENT),
  };
}

async function later(disk: CrashDisk, days: number): Promise<TestDeps> {
  const deps = unsettled(disk);
  await deps.clock.advance(days * DAY_MS);
  return (await underPolicy(deps)) as TestDeps;
}

test('is in force once both roles signed it, for what is received from then on', async () => {
  const disk = retentionDisk();
  const before = plantRecording(disk, random, { receivedMs: START_MS - DAY_MS });
  await placed(disk, { daysMin: 7, daysMax: 30, documentsDays: 30 });
  const after = plantRecording(disk, random, { receivedMs: START_MS + DAY_MS });
  expect(entriesOf(disk, 'policy').map(({ facts }) => facts['number'])).toEqual([1]);
  expect((await later(disk, 1)).retention).toEqual({ days: 7, documentsDays: 30, timerHours: 24 });
  await expireOn(await later(disk, 7.9));
  expect(namedBy(disk, 'deleted')).toEqual([]);
  await expireOn(await later(disk, 8));
  expect(namedBy(disk, 'deleted')).toEqual([after.recording]);
  expect(deletionOf(disk, after).retention.days).toBe(7);
  await expireOn(await later(disk, 13));
  expect(namedBy(disk, 'deleted')).toEqual([after.recording, before.recording]);
  expect(deletionOf(disk, before).retention.days).toBe(14);
});

test('what came by a delayed receipt and names none keeps the days of all between its sealing and that', async () => {
  const disk = retentionDisk();
  await placed(disk, { daysMin: 20, daysMax: 30 });
  const sealed_at = new Date(START_MS + DAY_MS).toISOString();
  const deps = unsettled(disk);
  await deps.clock.advance(2 * DAY_MS);
  await placed(disk, { daysMin: 7 }, { deps });
  const receivedMs = START_MS + 3 * DAY_MS;
  const [late, young] = [sealed_at, new Date(receivedMs).toISOString()].map((each) =>
    plantRecording(disk, random, { receivedMs, manifest: { sealed_at: each } }),
  );
  await expireOn(await later(disk, 12));
  expect(namedBy(disk, 'deleted')).toEqual([young?.recording]);
  await expireOn(await later(disk, 24));
  expect(namedBy(disk, 'deleted')).toEqual([young?.recording, late?.recording]);
});

test('a hold by one role lapses after the days of the one that was in force when it was ordered', async () => {
  const disk = retentionDisk();
  await placed(disk, { daysMin: 7, daysMax: 30, later: { hold_days: 20 } });
  const held = plantRecording(disk, random, { receivedMs: START_MS + DAY_MS });
  plantOrder(disk, random, held, { verb: 'hold', orderedMs: START_MS + 2 * DAY_MS, by: ['officer'] });
  const deps = unsettled(disk);
  await deps.clock.advance(3 * DAY_MS);
  await placed(disk, { later: { hold_days: 1 } }, { deps });
  await expireOn(await later(disk, 21.9));
  expect([namedBy(disk, 'deleted'), entriesOf(disk, 'hold-lapsed')]).toEqual([[], []]);
  await expireOn(await later(disk, 22.1));
  expect(namedBy(disk, 'deleted')).toEqual([held.recording]);
});

test('the next one is of version 2 only where it says what version 1 cannot, and keeps what it said before', async () => {
  const disk = retentionDisk();
  const made = async (later?: PolicyWish['later']): Promise<unknown> => {
    const policy = parsePolicy(await placed(disk, later === undefined ? {} : { later }));
    return { version: policy.version, ...laterTerms(policy) };
  };
  expect(await made()).toEqual({ version: 1 });
  expect(await made({ hold_days: 5, log_days: 60 })).toEqual({ version: 2, hold_days: 5, log_days: 60 });
  expect(await made()).toEqual({ version: 2, hold_days: 5, log_days: 60 });
  expect(await made({ hold_days: undefined })).toEqual({ version: 2, log_days: 60 });
  expect(await made({ log_days: undefined })).toEqual({ version: 1 });
});

test('what names a longer one in its manifest keeps the days of that, and what names one that nobody knows stays', async () => {
  const disk = retentionDisk();
  const policy_sha256 = sha256Hex(await placed(disk, { daysMin: 10, daysMax: 30 }));
  await placed(disk, { daysMin: 7, daysMax: 30 });
  const receivedMs = START_MS + DAY_MS;
  const named = plantRecording(disk, random, { receivedMs, manifest: { version: 3, policy_sha256 } });
  const other = { version: 3, policy_sha256: 'e'.repeat(64) } as const;
  plantRecording(disk, random, { receivedMs, manifest: other });
  const second = sha256Hex(disk.peek(`${VAULT}/policies/2/policy.json`) ?? expect.fail('no second policy'));
  const newer = plantRecording(disk, random, { receivedMs, manifest: { version: 3, policy_sha256: second } });
  await expireOn(await later(disk, 8));
  expect(namedBy(disk, 'deleted')).toEqual([newer.recording]);
  await expireOn(await later(disk, 11));
  expect(namedBy(disk, 'deleted')).toEqual([newer.recording, named.recording]);
  const { totals } = await expireOn(await later(disk, 400));
  expect([namedBy(disk, 'deleted').length, totals.findings]).toEqual([2, 1]);
});

test('the file may keep longer than it', async () => {
  const disk = retentionDisk();
  await placed(disk, { daysMin: 7, daysMax: 10 });
  const { retention, policies } = await underPolicy(unsettled(disk, OLD, 20));
  expect([retention.days, policies.at(-1)?.policy.days_max]).toEqual([20, 10]);
});

test.each([
  ['signed by a key that the keeper adds to the file', NEW, NEW, 'policy.signature'],
  ['that changes the roles, signed by the new ones', NEW, NEW, 'policy.signature'],
  [
    'that changes the roles, signed by one of the old ones',
    NEW,
    { ...NEW, officer: officerKey },
    'policy.signature',
  ],
])('a second one %s is refused', async (_, roles, by, code) => {
  const disk = retentionDisk();
  await placed(disk, {});
  await expect(placed(disk, { daysMin: 1 }, { roles, by })).rejects.toMatchObject({ code });
  expect(entriesOf(disk, 'policy')).toHaveLength(1);
});

test('a change of roles is signed by the old ones, and from then on only the new ones order', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, random);
  await placed(disk, {});
  await placed(disk, {}, { roles: NEW, by: OLD });
  plantOrder(disk, random, sample, { verb: 'delete', orderedMs: START_MS, by: ['officer', 'supervisor'] });
  await expireOn(await later(disk, 1));
  expect(namedBy(disk, 'deleted')).toEqual([]);
  plantOrder(disk, random, sample, BY_NEW);
  await expireOn(await later(disk, 2));
  expect(namedBy(disk, 'deleted')).toEqual([sample.recording]);
});

test('keys that the keeper adds to the file order nothing once there is one', async () => {
  const disk = retentionDisk();
  const sample = plantRecording(disk, random);
  await placed(disk, {});
  plantOrder(disk, random, sample, BY_NEW);
  const deps = unsettled(disk, NEW);
  await deps.clock.advance(DAY_MS);
  await expireOn((await underPolicy(deps)) as TestDeps);
  expect(namedBy(disk, 'deleted')).toEqual([]);
});

test('one with a number that is not above the last is refused, and the very same one is placed again', async () => {
  const disk = retentionDisk();
  const first = await placed(disk, { daysMin: 20 });
  await placed(disk, { daysMin: 30 });
  const deps = unsettled(disk);
  const again = placePolicy(deps, first, signedBy(OLD, first));
  await expect(whileTimePasses(deps.clock, again)).rejects.toMatchObject({ code: 'policy.number' });
  const second = disk.peek(`${VAULT}/policies/2/policy.json`) ?? expect.fail('no second policy');
  const same = unsettled(disk);
  await whileTimePasses(same.clock, placePolicy(same, second, signedBy(OLD, second)));
  expect(entriesOf(disk, 'policy')).toHaveLength(2);
  expect(parsePolicy(second)).toMatchObject({ number: 2, days_min: 30 });
});

test('a receiver of another name on the same vault is bound by it', async () => {
  const disk = retentionDisk();
  await placed(disk, { daysMin: 20 });
  const other = { ...unsettled(disk, NEW), receiver: 'r-other' as TestDeps['receiver'] };
  const settled = await underPolicy(other);
  const officers = settled.roles.officers.map(publicKeyLine);
  expect([settled.retention.days, officers]).toEqual([20, [publicKeyLine(publicKeyOf(officerKey))]]);
  const bytes = await makePolicy(other, { ...NOTHING, daysMin: 1 });
  const mine = placePolicy(other, bytes, signedBy(NEW, bytes));
  await expect(whileTimePasses(other.clock, mine)).rejects.toMatchObject({ code: 'policy.signature' });
});

test('of two receivers with clocks that differ, the policy of the highest number is in force', async () => {
  const disk = retentionDisk();
  const deps = unsettled(disk);
  await deps.clock.advance(2 * DAY_MS);
  await placed(disk, { daysMin: 7 }, { deps });
  const other = { ...unsettled(disk), receiver: 'r-other' as TestDeps['receiver'] };
  await placed(disk, { daysMin: 20 }, { deps: other });
  const { policies } = await underPolicy(unsettled(disk));
  expect(policies.at(-1)?.policy).toMatchObject({ number: 2, days_min: 20 });
});

test('whichever call fails once, it is placed by the next attempt, and entered once', async () => {
  const bytes = await makePolicy(unsettled(retentionDisk()), { ...NOTHING, daysMin: 7 });
  for (const applied of [false, true])
    for (let nth = 1, isHit = true; isHit; nth++) {
      isHit = false;
      const disk = retentionDisk({ hasReceipt: false });
      disk.fail({ operation: 'any', nth, code: 'EIO', applied, onHit: () => (isHit = true) });
      const place = async (): Promise<unknown> => {
        const deps = unsettled(disk);
        return whileTimePasses(deps.clock, placePolicy(deps, bytes, signedBy(OLD, bytes)));
      };
      await place().catch(place);
      disk.heal();
      const [inForce, ...others] = await readPolicies(depsOn(disk, ++seed, { bootId: 'one boot' }));
      expect([inForce?.sha256, others.length], `call ${nth}`).toEqual([sha256Hex(bytes), 0]);
      expect(entriesOf(disk, 'policy')).toHaveLength(1);
      expect(nth).toBeLessThan(500);
    }
});

test('one of more than an hour ahead is refused, and a later one counts from when it was made', async () => {
  const disk = retentionDisk();
  const made = async (hours: number): Promise<Uint8Array> => {
    const deps = unsettled(disk);
    await deps.clock.advance((hours * DAY_MS) / 24);
    return makePolicy(deps, { ...NOTHING, daysMin: 7 });
  };
  const place = async (bytes: Uint8Array): Promise<unknown> => {
    const deps = unsettled(disk);
    return whileTimePasses(deps.clock, placePolicy(deps, bytes, signedBy(OLD, bytes)));
  };
  await expect(place(await made(1.1))).rejects.toMatchObject({ code: 'policy.in-future' });
  expect(entriesOf(disk, 'policy')).toEqual([]);
  const bytes = await made(0.9);
  await place(bytes);
  const [policy] = await readPolicies(unsettled(disk));
  expect(policy?.time).toBe(parsePolicy(bytes).made_at);
});

test('one of another vault is refused', async () => {
  const bytes = await makePolicy(unsettled(retentionDisk()), NOTHING);
  const deps = unsettled(retentionDisk());
  const other = placePolicy(
    { ...deps, vault: 'a'.repeat(26) as typeof deps.vault },
    bytes,
    signedBy(OLD, bytes),
  );
  await expect(whileTimePasses(deps.clock, other)).rejects.toMatchObject({ code: 'policy.other-vault' });
});

test.each([
  ['taken away', null],
  ['exchanged', Buffer.from('{}')],
])('one that was %s lets nothing go until it is back', async (_, bytes) => {
  const disk = retentionDisk();
  const placedBytes = await placed(disk, { daysMin: 7 });
  plantRecording(disk, random);
  const path = `${VAULT}/policies/1/policy.json`;
  if (bytes === null) await disk.removeTree(path);
  else disk.plant(path, bytes);
  await expect(later(disk, 30)).rejects.toMatchObject({ code: 'policy.missing' });
  const deps = depsOn(disk, ++seed, { bootId: 'one boot' });
  await deps.clock.advance(30 * DAY_MS);
  await expect(expireOn(deps)).rejects.toMatchObject({ code: 'policy.missing' });
  disk.plant(path, placedBytes);
  expect((await expireOn(await later(disk, 30))).deleted).toBe(1);
});

test('a document that no entry names is none that is in force', async () => {
  const disk = retentionDisk();
  const bytes = await makePolicy(unsettled(disk), { ...NOTHING, daysMin: 1 });
  disk.plant(`${VAULT}/policies/1/policy.json`, bytes);
  expect(await readPolicies(unsettled(disk))).toEqual([]);
  expect((await underPolicy(unsettled(disk))).retention.days).toBe(14);
});

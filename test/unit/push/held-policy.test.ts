// The policy that a station holds: which one it takes, what it refuses and shows, and what it keeps over starts.
import { setImmediate } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { HeldPolicy } from '../../../agent/push/held-policy.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { publicKeyLine, publicKeyOf } from '../../../protocol/documents/minisign.ts';
import { encodePolicy, type Policy, POLICY_TRUSTED_COMMENT } from '../../../protocol/documents/policy.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { makeSessionId, parseReceiverId } from '../../../protocol/format/ids.ts';
import { encodeMessage, messageField } from '../../../protocol/transfer/messages.ts';
import { ManualClock } from '../../fakes/clock-manual.ts';
import { MemoryConditions } from '../../fakes/conditions-memory.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { CrashDisk, SURVIVALS } from '../../fakes/files-crash.ts';
import { MemoryLog } from '../../fakes/log-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { signFast } from '../../fakes/signer-fast.ts';
import { makeRoleKeys, type RoleKeys } from '../../fakes/vault-builder-orders.ts';

const random = seededRandom(906);
const [OURS, NEW, KEEPER] = [makeRoleKeys(random), makeRoleKeys(random), makeRoleKeys(random)];
const [vault, otherVault] = [makeSessionId(random), makeSessionId(random)];
const receiver = parseReceiverId('r-a');

let disk: CrashDisk;
let clock: ManualClock;
let conditions: MemoryConditions;
let custody: MemoryCustody;
let pinned: typeof vault | undefined;
beforeEach(() => {
  disk = new CrashDisk();
  disk.plantFolder('/spool');
  clock = new ManualClock();
  conditions = new MemoryConditions();
  custody = new MemoryCustody();
  pinned = vault;
});

function start(roles: RoleKeys | null = OURS): Promise<HeldPolicy> {
  const line = (role: keyof RoleKeys) => (roles === null ? [] : [publicKeyOf(roles[role])]);
  return HeldPolicy.open({
    roles: { officers: line('officer'), supervisors: line('supervisor') },
    receivers: [receiver],
    pinnedVault: () => pinned,
    files: disk,
    layout: spoolLayout('/spool'),
    reserve: { giveUp: async () => false },
    custody,
    clock,
    log: new MemoryLog(),
    conditions,
  });
}

interface Wish {
  readonly change?: Partial<Policy>;
  readonly roles?: RoleKeys;
  readonly by?: RoleKeys;
  readonly from?: string;
}

function made({ change, roles = OURS, by = roles, from = receiver }: Wish = {}) {
  const bytes = encodePolicy({
    type: 'policy',
    version: 1,
    number: 2,
    vault,
    days_min: 7,
    days_max: 30,
    documents_days: 90,
    officers: [publicKeyLine(publicKeyOf(roles.officer))],
    supervisors: [publicKeyLine(publicKeyOf(roles.supervisor))],
    made_at: '2026-11-25T08:00:00.000Z',
    ...change,
  });
  const message = {
    message: 'policy',
    receiver: parseReceiverId(from),
    policy: messageField(bytes),
    officer: signFast(by.officer, bytes, POLICY_TRUSTED_COMMENT),
    supervisor: signFast(by.supervisor, bytes, POLICY_TRUSTED_COMMENT),
  } as const;
  return { sha256: sha256Hex(bytes), payload: encodeMessage(message) };
}

/** What the station holds after it heard that one. */
async function after(policy: HeldPolicy, payload: Uint8Array): Promise<string | undefined> {
  policy.take(payload);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  return policy.sha256;
}

const refused = (): unknown => conditions.facts('policy.refused')?.['reason'];
const entered = (): unknown[] => custody.of('policy').map(({ facts }) => facts['number']);

test('one that both roles signed is taken, entered, and held over a start', async () => {
  const { sha256, payload } = made();
  const policy = await start();
  expect(policy.sha256).toBeUndefined();
  expect(await after(policy, payload)).toBe(sha256);
  expect(await after(policy, payload)).toBe(sha256);
  expect([entered(), refused()]).toEqual([[2], undefined]);
  await policy.stop();
  disk = disk.crash(disk.steps, 'nothing');
  const again = await start(null);
  again.enter();
  expect([again.sha256, entered()]).toEqual([sha256, [2, 2]]);
});

test.each<[string, Wish, string]>([
  ['by roles of the keeper', { roles: KEEPER, change: { number: 3 } }, 'policy.signature'],
  ['with new roles that signed it themselves', { roles: NEW, change: { number: 3 } }, 'policy.signature'],
  [
    'that one of both signed',
    { by: { ...KEEPER, officer: OURS.officer }, change: { number: 3 } },
    'policy.signature',
  ],
  ['of a lower number', { change: { number: 1 } }, 'policy.number'],
  ['of the same number and another text', { change: { days_min: 1 } }, 'policy.number'],
  ['of another vault', { change: { number: 3, vault: otherVault } }, 'policy.other-vault'],
  ['from a receiver that is not listed', { change: { number: 3 }, from: 'r-b' }, 'message.misdirected'],
])('one %s is refused and shown, for an hour', async (_, wish, reason) => {
  const { sha256, payload } = made();
  const policy = await start();
  await after(policy, payload);
  expect(await after(policy, made(wish).payload)).toBe(sha256);
  expect(refused()).toBe(reason);
  await after(policy, payload);
  await clock.advance(3_599_000);
  expect([refused(), entered()]).toEqual([reason, [2]]);
  await clock.advance(1000);
  expect(refused()).toBeUndefined();
});

test('one key does not sign as both, and without keys in its file a station takes none', async () => {
  const one = made({ by: { officer: OURS.officer, supervisor: OURS.officer } });
  expect(await after(await start(), one.payload)).toBeUndefined();
  expect(refused()).toBe('policy.signature');
  expect(await after(await start(null), made().payload)).toBeUndefined();
  expect(refused()).toBe('policy.no-roles');
});

test('a station that missed a change of roles takes the next policy once its file names the new ones', async () => {
  const first = await start();
  const { sha256, payload } = made();
  await after(first, payload);
  const next = made({ roles: NEW, change: { number: 4 } });
  expect(await after(first, next.payload)).toBe(sha256);
  await first.stop();
  expect(await after(await start(NEW), next.payload)).toBe(next.sha256);
});

test('as long as none was ever taken, what is wrong stays shown, and goes an hour after one is', async () => {
  const policy = await start();
  await after(policy, made({ roles: KEEPER }).payload);
  await clock.advance(10 * 3_600_000);
  expect(refused()).toBe('policy.signature');
  await after(policy, made().payload);
  await clock.advance(3_600_000);
  expect(refused()).toBeUndefined();
});

test('a change of roles is signed by the old ones, and then the new ones count, which its file need not name', async () => {
  const policy = await start();
  await after(policy, made().payload);
  const changed = made({ roles: NEW, by: OURS, change: { number: 3 } });
  expect(await after(policy, changed.payload)).toBe(changed.sha256);
  const next = made({ roles: NEW, change: { number: 5 } });
  expect(await after(policy, next.payload)).toBe(next.sha256);
});

test('before any vault is pinned it is of any, and one of another vault than the pinned one is not named', async () => {
  pinned = undefined;
  const policy = await start();
  const { sha256, payload } = made();
  expect(await after(policy, payload)).toBe(sha256);
  expect(policy.daysMax).toBe(30);
  pinned = otherVault;
  expect([policy.sha256, policy.daysMax]).toEqual([undefined, undefined]);
  const theirs = made({ change: { number: 1, vault: otherVault } });
  expect(await after(policy, theirs.payload)).toBe(theirs.sha256);
});

test('what cannot be read on the disk, or at all, is none, and another one comes', async () => {
  disk.plant('/spool/policy.json', Buffer.from('{'));
  const policy = await start();
  expect([policy.sha256, await after(policy, Buffer.from('{'))]).toEqual([undefined, undefined]);
  expect(refused()).toBe('message.refused');
  const { sha256, payload } = made();
  expect(await after(policy, payload)).toBe(sha256);
});

test('it is durable before the log names it, and a cut leaves none or all of it', async () => {
  const { sha256, payload } = made();
  const policy = await start();
  custody.append = ({ event }) => disk.claim(event);
  await after(policy, payload);
  const whole = disk;
  expect(whole.claimsAt(whole.steps)).toEqual(['policy']);
  for (let step = 0; step <= whole.steps; step++)
    for (const survival of SURVIVALS) {
      disk = whole.crash(step, survival);
      const held = (await start()).sha256;
      expect([undefined, sha256]).toContain(held);
      if (whole.claimsAt(step).length > 0) expect(held).toBe(sha256);
    }
});

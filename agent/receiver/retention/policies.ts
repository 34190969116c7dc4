// The policy of both roles at the store (SPEC 4.16): which one is in force, what it makes of receiver.yaml, and how the next one is placed.
//
// Invariants:
// 1. In force is the one of the highest number that a store's log of the vault names, and nothing else: a document that only lies in the vault counts for nothing.
// 2. Where the document of an entry is not there as it was placed, nothing is decided: who asks gets an error, and nothing is deleted.
// 3. A policy is durable with both signatures before the log names it; one that a cut kept out of the log is placed again.
import { dirname, join } from 'node:path';
import type { RetentionConfig } from '../../../config/receiver-config.ts';
import {
  daysUnder,
  encodePolicy,
  inForceFrom,
  type LaterTerms,
  laterTerms,
  parsePolicy,
  POLICY_BYTES_MAX,
  POLICY_DAYS_MAX,
  POLICY_DOCUMENTS_DAYS_MAX,
  POLICY_NUMBER_MAX,
  type Policy,
  rolesOf,
  type SignedPolicy,
  termsOf,
} from '../../../protocol/documents/policy.ts';
import { publicKeyLine } from '../../../protocol/documents/minisign.ts';
import {
  type Role,
  ROLES,
  roleSignature,
  SIGNATURE_CHARACTERS_MAX,
  verifyRoles,
} from '../../../protocol/documents/order.ts';
import type { Days, RetentionHistory, SignedUnder } from '../../../protocol/documents/retention.ts';
import { encodeUtf8, parseUtf8, sha256Hex } from '../../../protocol/format/bytes.ts';
import { ensureFolder, readIfThere, writeAnew } from '../../../protocol/format/durable.ts';
import { DockError, systemCode } from '../../../protocol/format/errors.ts';
import { POLICY } from '../../../protocol/format/file-names.ts';
import { isReceiverId } from '../../../protocol/format/ids.ts';
import { entriesOf } from '../custody/log-read.ts';
import { appendStoreEvents, storeLogFolder } from '../custody/store-log.ts';
import { underLock } from '../vault/vault-lock.ts';
import type { EnteredPolicy, RetentionDeps, RetentionView } from './deps.ts';

/** The clock of who made it may be so far ahead (SPEC 4.16.6). */
const AHEAD_MS = 3_600_000;

type PolicyDeps = Pick<RetentionDeps, 'files' | 'layout' | 'signal'>;
/** What a program has before it asked for the policy. */
export type Unsettled<D> = Omit<D, 'retention' | 'policies'> & {
  readonly retention: RetentionConfig;
};

/** All that were put in force, whichever receiver of the vault did, by their numbers: the last is in force (SPEC 4.16.7). Errors: "policy.missing"; those of entriesOf. */
export async function readPolicies(deps: PolicyDeps): Promise<EnteredPolicy[]> {
  const found: EnteredPolicy[] = [];
  // A receiver of another name is bound by what an earlier one entered.
  for (const receiver of (await deps.files.list(deps.layout.root)).filter(isReceiverId)) {
    let time = '';
    for (const { at, facts } of await entriesOf(deps, storeLogFolder(deps.layout.root, receiver), 'policy')) {
      time = at > time ? at : time;
      const { number, policy_sha256: sha256 } = facts;
      if (typeof number !== 'number' || typeof sha256 !== 'string') continue;
      const policy = await readNamed(deps, number, sha256);
      found.push({ time: inForceFrom(policy, time), sha256, policy, ...termsOf(policy) });
    }
  }
  return found.sort((a, b) => a.policy.number - b.policy.number);
}

async function readNamed({ files, layout }: PolicyDeps, number: number, sha256: string): Promise<Policy> {
  const path = join(layout.policy(number), POLICY);
  const bytes = await readIfThere(files, path, POLICY_BYTES_MAX).catch((error: unknown) => {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  });
  if (bytes !== undefined && sha256Hex(bytes) === sha256) return parsePolicy(bytes);
  return fail(
    'policy.missing',
    `${path} is not there as it was placed: put ${layout.policy(number)} back from the backup; until then nothing is deleted and no order counts`,
  );
}

/** The one in force with its signatures, as stations get it; undefined without one. Errors: those of readPolicies; the system's. */
export async function policyInForce(deps: PolicyDeps): Promise<(SignedPolicy & EnteredPolicy) | undefined> {
  const last = (await readPolicies(deps)).at(-1);
  if (last === undefined) return undefined;
  const { files, layout } = deps;
  const { number } = last.policy;
  const read = (name: string, bytesMax: number): Promise<Uint8Array> =>
    files.readAll(join(layout.policy(number), name), bytesMax);
  const signature = async (role: Role): Promise<string> =>
    parseUtf8(await read(roleSignature(POLICY, role), SIGNATURE_CHARACTERS_MAX)) ?? '';
  const signatures = { officer: await signature('officer'), supervisor: await signature('supervisor') };
  return { ...last, bytes: await read(POLICY, POLICY_BYTES_MAX), signatures };
}

/** What no policy says more than: one that a document names and no log of the store is not known to say less. */
const MOST_DAYS = { days: POLICY_DAYS_MAX, documentsDays: POLICY_DOCUMENTS_DAYS_MAX };

/** What a document was signed under, as countedDays wants it. */
export function countedUnder(
  { policies }: Pick<RetentionHistory, 'policies'>,
  { policySha256, signedAt }: SignedUnder,
): { readonly named?: Days; readonly since?: string | undefined } {
  if (policySha256 === undefined) return { since: signedAt };
  return { named: policies.find(({ sha256 }) => sha256 === policySha256) ?? MOST_DAYS };
}

/**
 * What receiver.yaml and the policy in force amount to: days never fewer than the policy's, and its keys of the roles alone.
 * Errors: those of readPolicies.
 */
export async function underPolicy<D extends Unsettled<RetentionView>>(
  deps: D,
): Promise<Omit<D, 'retention'> & Pick<RetentionView, 'policies' | 'roles' | 'retention'>> {
  const policies = await readPolicies(deps);
  const policy = policies.at(-1)?.policy ?? null;
  const keys = policy && rolesOf(policy);
  const { timerHours } = deps.retention;
  return {
    ...deps,
    policies,
    roles: keys === null ? deps.roles : { officers: keys.officer, supervisors: keys.supervisor },
    retention: { ...daysUnder(policy, deps.retention), timerHours },
  };
}

/** What a person wants of the next policy; what is left out is as in the last one. */
export interface PolicyWish {
  readonly daysMin: number | undefined;
  readonly daysMax: number | undefined;
  readonly documentsDays: number | undefined;
  /** What is named, and undefined, is not said any more. */
  readonly later?: LaterTerms;
}

/**
 * The text of the next policy, for both roles to sign. `roles` are those of receiver.yaml. Nothing is written.
 * Errors: "policy.no-roles"; "document.refused"; those of readPolicies.
 */
export async function makePolicy(deps: Unsettled<RetentionDeps>, wish: PolicyWish): Promise<Uint8Array> {
  const last = (await readPolicies(deps)).at(-1)?.policy;
  const { officers, supervisors } = deps.roles;
  if (officers.length === 0 || supervisors.length === 0)
    fail(
      'policy.no-roles',
      'receiver.yaml names no key in roles.officers or in roles.supervisors: a policy names the keys of both',
    );
  const said = daysUnder(null, deps.retention);
  const daysMin = wish.daysMin ?? last?.days_min ?? said.days;
  const later: LaterTerms = { ...(last && laterTerms(last)), ...wish.later };
  const first = {
    type: 'policy',
    number: Math.min((last?.number ?? 0) + 1, POLICY_NUMBER_MAX),
    vault: deps.vault,
    days_min: daysMin,
    days_max: wish.daysMax ?? Math.max(last?.days_max ?? 0, daysMin),
    documents_days: wish.documentsDays ?? last?.documents_days ?? said.documentsDays,
    officers: officers.map(publicKeyLine),
    supervisors: supervisors.map(publicKeyLine),
    made_at: new Date(deps.clock.wallMs()).toISOString(),
  } as const;
  // Stations of before version 2 take the other one.
  const isFirst = Object.values(later).every((each) => each === undefined);
  return encodePolicy(isFirst ? { ...first, version: 1 } : { ...first, ...later, version: 2 });
}

/**
 * Puts a policy into the vault and into the store's log: it is in force when this resolves. The very same one may be placed again.
 * Errors: "policy.number", "policy.other-vault", "policy.in-future", "policy.signature", "policy.one-key", "policy.conflict"; "canonical.refused", "document.*";
 * those of readPolicies; "lock.*"; those of the store's log; the system's.
 */
export function placePolicy(
  deps: Unsettled<RetentionDeps>,
  bytes: Uint8Array,
  signatures: SignedPolicy['signatures'],
): Promise<Policy> {
  const policy = parsePolicy(bytes);
  const sha256 = sha256Hex(bytes);
  return underLock(deps, deps.layout.retentionLock, async (workFolder) => {
    if (policy.vault !== deps.vault)
      fail('policy.other-vault', `that policy is of vault ${policy.vault}, and this one is ${deps.vault}`);
    const last = (await readPolicies(deps)).at(-1);
    if (last?.sha256 === sha256) return policy;
    if (Date.parse(policy.made_at) > deps.clock.wallMs() + AHEAD_MS)
      fail(
        'policy.in-future',
        `that policy was made at ${policy.made_at}, and it is ${new Date(deps.clock.wallMs()).toISOString()} here: compare both clocks, and make it again`,
      );
    if (last !== undefined && policy.number <= last.policy.number)
      fail(
        'policy.number',
        `policy ${last.policy.number} is in force, and number ${policy.number} is not above it: make the next one with \`bodydock-receiver policy make\``,
      );
    // Who changes the roles must have had them.
    const { officers, supervisors } = deps.roles;
    const keys = last === undefined ? { officer: officers, supervisor: supervisors } : rolesOf(last.policy);
    verifyRoles('policy', bytes, signatures, keys);
    await placeFolder(deps, workFolder, policy.number, bytes, signatures);
    await appendStoreEvents(deps, [
      { event: 'policy', facts: { number: policy.number, policy_sha256: sha256 } },
    ]);
    return policy;
  });
}

/** All of it at once: no half of a policy is ever seen. One that no entry names may be of another text, and makes place. */
async function placeFolder(
  { files, layout }: Pick<RetentionDeps, 'files' | 'layout'>,
  workFolder: string,
  number: number,
  bytes: Uint8Array,
  signatures: SignedPolicy['signatures'],
): Promise<void> {
  const work = join(workFolder, 'policy');
  await ensureFolder(files, work);
  for (const role of ROLES)
    await writeAnew(files, join(work, roleSignature(POLICY, role)), encodeUtf8(signatures[role]));
  await writeAnew(files, join(work, POLICY), bytes);
  await files.syncFolder(work);
  const folder = layout.policy(number);
  await ensureFolder(files, dirname(folder));
  await files.removeTree(folder);
  await files.rename(work, folder);
  await files.syncFolder(dirname(folder));
  await files.syncFolder(layout.root);
}

function fail(code: string, message: string): never {
  throw new DockError(code, message, { retry: 'person' });
}

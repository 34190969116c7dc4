// Checks the policies of a vault (SPEC 4.16): shape, place, number, and whether each rests on the roles that came by hand or on the policy
// before it. Which one was in force when, the store's log says.
import { join } from 'node:path';
import { parsePublicKey, type PublicKey } from '../../../protocol/documents/minisign.ts';
import { type Role, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import {
  parsePolicy,
  POLICY_BYTES_MAX,
  POLICY_TRUSTED_COMMENT,
  type Policy,
} from '../../../protocol/documents/policy.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { POLICIES, POLICY } from '../../../protocol/format/file-names.ts';
import type { HeldDocument } from './log-account.ts';
import { type Place, readVaultId } from './place.ts';
import type { PlaceFacts } from './place-facts.ts';
import { listFolder, oddNames, type ReadFiles, unexpected } from './read-files.ts';
import { below, type Finding, finding, note } from './remark.ts';
import { type BareKind, checkSignature, readDocument } from './signed-document.ts';
import type { LoggedPolicy, StoreLog } from './store-log.ts';
import { roleKeys, type TrustedKeys } from './trusted-keys.ts';

/** Six digits and no zero before them, so that one number has one name. */
const NUMBER = /^[1-9][0-9]{0,5}$/;
const NAMES: ReadonlySet<string> = new Set([POLICY, ...ROLES.map((role) => roleSignature(POLICY, role))]);
const KIND: BareKind<Policy> = {
  name: 'policy',
  file: POLICY,
  bytesMax: POLICY_BYTES_MAX,
  parse: parsePolicy,
};

/** A policy that can be read. */
export interface FoundPolicy {
  readonly policy: Policy;
  readonly sha256: string;
  readonly where: string;
  /** Undefined where it cannot be judged: no key of a role is given. */
  readonly counts: boolean | undefined;
}

/** What the policies of a place amount to. */
export interface Policies {
  /** By digest. */
  readonly found: ReadonlyMap<string, FoundPolicy>;
  /** Those that were given, with the keys of the roles that counting policies name. */
  readonly keys: TrustedKeys;
  readonly findings: readonly Finding[];
}

/** Reads and judges all of a vault or a kit, in the order of their numbers. Errors: only those of the machine. */
export async function checkPolicies(
  files: ReadFiles,
  place: Pick<Place, 'kind' | 'path'>,
  trusted: TrustedKeys,
): Promise<Policies> {
  const { kind, path } = place;
  const isKit = kind === 'collection';
  const names =
    kind === 'vault' || isKit ? await listFolder(files, join(path, POLICIES), POLICIES) : undefined;
  if (names === undefined || !Array.isArray(names))
    return { found: new Map(), keys: trusted, findings: names === undefined ? [] : [names] };
  const findings = names.filter((name) => !NUMBER.test(name)).map((name) => unexpected(POLICIES, name));
  const found = new Map<string, FoundPolicy>();
  let { id: vault } = await readVaultId(files, place);
  let keys = trusted;
  let last: Policy | undefined;
  for (const name of names.filter((each) => NUMBER.test(each)).toSorted((a, b) => Number(a) - Number(b))) {
    const checked = await checkPolicy(files, join(path, POLICIES, name), name, { trusted, last, vault });
    findings.push(...checked.findings);
    if (checked.found === undefined) continue;
    found.set(checked.found.sha256, checked.found);
    if (isKit) vault ??= checked.found.policy.vault;
    if (checked.found.counts !== true) continue;
    last = checked.found.policy;
    keys = withRoles(keys, checked.found);
  }
  return { found, keys, findings };
}

/** Which keys may sign it: those that came by hand, and those that the one before names. */
interface Grounds {
  readonly trusted: TrustedKeys;
  readonly last: Policy | undefined;
  readonly vault: string | undefined;
}

async function checkPolicy(
  files: ReadFiles,
  folder: string,
  name: string,
  { trusted, last, vault }: Grounds,
): Promise<{ readonly found: FoundPolicy | undefined; readonly findings: readonly Finding[] }> {
  const where = below(POLICIES, name);
  const names = await listFolder(files, folder, where);
  if (names === undefined) return { found: undefined, findings: [] };
  if (!Array.isArray(names)) return { found: undefined, findings: [names] };
  const { bytes, value: policy, remarks } = await readDocument(files, folder, where, KIND);
  const findings = [...oddNames(where, names, NAMES), ...remarks];
  if (bytes === undefined || policy === undefined) return { found: undefined, findings };
  if (String(policy.number) !== name) {
    const message = `policy: the folder is named ${name}, the document says number ${policy.number}`;
    findings.push(finding('policy.other-number', below(where, POLICY), message));
  }
  const isElsewhere = vault !== undefined && policy.vault !== vault;
  if (isElsewhere) {
    const message = `policy ${name} is of vault ${policy.vault}, and this one is ${vault}`;
    findings.push(finding('policy.other-vault', below(where, POLICY), message));
  }
  const ids: (string | undefined)[] = [];
  const keysOf = (role: Role): PublicKey[] => [
    ...roleKeys(trusted, role),
    ...(last === undefined ? [] : linesOf(last, role).map(parsePublicKey)),
  ];
  const isOpen = ROLES.some((role) => keysOf(role).length === 0);
  for (const role of isOpen ? [] : ROLES) {
    const keys = keysOf(role);
    const signature = { name: 'policy', signatureFile: roleSignature(POLICY, role), keys } as const;
    const kind = { ...signature, trustedComment: POLICY_TRUSTED_COMMENT };
    const checked = await checkSignature(files, folder, where, kind, bytes);
    ids.push(checked.keyId);
    findings.push(...checked.remarks);
  }
  const found = { policy, sha256: sha256Hex(bytes), where };
  if (isOpen && !isElsewhere) {
    findings.push(note('policy.not-judged', where, `policy ${name}: no key of a role is given`));
    return { found: { ...found, counts: undefined }, findings };
  }
  const isOne = ids[0] !== undefined && ids[0] === ids[1];
  if (isOne) findings.push(finding('policy.same-key', where, `policy ${name}: key ${ids[0]} signed twice`));
  const isPlaced = !isElsewhere && String(policy.number) === name;
  const isSigned = isPlaced && !isOne && ids.every((id) => id !== undefined);
  return { found: { ...found, counts: isSigned }, findings };
}

function linesOf({ officers, supervisors }: Policy, role: Role): readonly string[] {
  return role === 'officer' ? officers : supervisors;
}

function withRoles(keys: TrustedKeys, { policy, where }: FoundPolicy): TrustedKeys {
  const named = (role: Role): TrustedKeys['officer'] => [
    ...keys[role],
    ...linesOf(policy, role).map((line) => ({
      file: below(where, POLICY),
      key: parsePublicKey(line),
      station: null,
    })),
  ];
  return { ...keys, officer: named('officer'), supervisor: named('supervisor') };
}

/** What the store's logs, and the documents of stations, say of the policies of a whole vault. Pure. */
export function policyFindings(
  found: ReadonlyMap<string, FoundPolicy>,
  log: StoreLog,
  { recordings, dockings }: Pick<PlaceFacts, 'recordings' | 'dockings'>,
): Finding[] {
  const numbers = new Set([...found.values()].map(({ policy }) => policy.number));
  const last = new Map<string, LoggedPolicy>();
  const ofEntries = log.policies.flatMap((each) => {
    const before = last.get(each.receiver);
    const isAgain = before?.number === each.number && before.sha256 === each.sha256;
    const isLower = before !== undefined && before.number >= each.number && !isAgain;
    if (!isLower) last.set(each.receiver, each);
    return entryFindings(each, isLower, found, numbers, log);
  });
  const documents = [...recordings.values(), ...dockings.values()];
  return [...notEntered(found, log), ...ofEntries, ...unknownFindings(found, documents)];
}

/** The same of a kit: its policies are of one vault, and so are its receipts (SPEC 4.13.5.15). Pure. */
export function kitPolicyFindings(
  found: ReadonlyMap<string, FoundPolicy>,
  log: StoreLog,
  { recordings, dockings }: Pick<PlaceFacts, 'recordings' | 'dockings'>,
): Finding[] {
  const [first] = found.values();
  const { vault } = first?.policy ?? {};
  const others = [...recordings.values(), ...dockings.values()].flatMap(({ receiptVault, where }) =>
    vault === undefined || receiptVault === undefined || receiptVault === vault
      ? []
      : [finding('policy.other-vault', where, `receipt of vault ${receiptVault}, policies of ${vault}`)],
  );
  return [...notEntered(found, log), ...others];
}

function notEntered(found: ReadonlyMap<string, FoundPolicy>, log: StoreLog): Finding[] {
  const entered = new Set(log.policies.map(({ sha256 }) => sha256));
  return [...found.values()]
    .filter(({ sha256 }) => !entered.has(sha256))
    .map(({ policy, where }) =>
      note('policy.not-entered', where, `no log of the store names policy ${policy.number}`),
    );
}

/** Policies that documents of stations name and that are not here: once each, at the first document. */
function unknownFindings(
  found: ReadonlyMap<string, FoundPolicy>,
  documents: readonly HeldDocument[],
): Finding[] {
  const first = new Map<string, string>();
  for (const { policySha256, where } of documents)
    if (policySha256 !== undefined && !found.has(policySha256) && !first.has(policySha256))
      first.set(policySha256, where);
  return [...first].map(([sha256, where]) =>
    finding('policy.missing', where, `it names a policy with SHA-256 ${sha256}, which is not here`),
  );
}

function entryFindings(
  { receiver, number, sha256 }: LoggedPolicy,
  isLower: boolean,
  found: ReadonlyMap<string, FoundPolicy>,
  numbers: ReadonlySet<number>,
  log: StoreLog,
): Finding[] {
  const place = log.places.find((each) => each.startsWith(`${receiver}/`)) ?? '.';
  const words = `the log of receiver ${receiver} names policy ${number} with SHA-256 ${sha256}`;
  const lower = isLower
    ? [finding('policy.number', place, `${words}, after one whose number is not lower`, { number })]
    : [];
  if (found.has(sha256)) return lower;
  const code = numbers.has(number) ? 'policy.differs' : 'policy.missing';
  const why = numbers.has(number) ? 'and another one is here' : 'which is not here';
  return [...lower, finding(code, place, `${words}, ${why}`, { number })];
}

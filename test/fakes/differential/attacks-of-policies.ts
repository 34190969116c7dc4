// What the keeper of a store does to the policies of his vault: he places one that one person alone can make, or withholds one.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  signDocument,
  type SecretKey,
} from '../../../protocol/documents/minisign.ts';
import { filesLike, mustBeFound, someFile, type Attack } from './attack.ts';
import { added, logOf, writeLog } from './keeper-log.ts';

/** A policy that one person alone can make, or an older one again; entered, or in the place of one. */
export const placeOwnPolicy: Attack = async (altered) => {
  const { random, vault, world, isKit } = altered;
  const { builder } = world.two;
  const { keys } = builder.orders;
  const log = await logOf(altered, 'r-store');
  const last = world.policies.at(-1);
  if (log === undefined) return undefined;
  const how = random.pick([
    'lower number',
    'one role',
    'own keys',
    'other vault',
    'both roles',
    'changed',
  ] as const);
  const own = { officer: builder.storeKey, supervisor: log.at(-1)?.key ?? builder.storeKey };
  const number =
    how === 'lower number'
      ? (last?.number ?? 1) - 1
      : how === 'changed'
        ? (last?.number ?? 1)
        : (last?.number ?? 0) + 1;
  if (number < 1 || world.policies.some((each) => each.number === number && how === 'lower number'))
    return undefined;
  const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
  const bytes = encodeCanonical({
    type: 'policy',
    version: 1,
    number,
    vault: how === 'other vault' ? 'w'.repeat(25) + 'a' : builder.vaultId,
    days_min: 1,
    days_max: 3,
    documents_days: 1,
    officers: [line(how === 'own keys' ? own.officer : keys.officer)],
    supervisors: [line(how === 'own keys' ? makeSecretKey(random) : keys.supervisor)],
    made_at: log.at(-1)?.entries.at(-1)?.at,
  });
  const folder = join(vault, 'policies', String(number));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'policy.json'), bytes);
  const by = {
    officer: how === 'own keys' || how === 'changed' ? own.officer : keys.officer,
    supervisor: how === 'own keys' ? own.supervisor : how === 'one role' ? keys.officer : keys.supervisor,
  };
  for (const role of ['officer', 'supervisor'] as const)
    await writeFile(
      join(folder, `policy.json.${role}.minisig`),
      signDocument(by[role], bytes, 'bodydock policy'),
    );
  const isEntered = how === 'lower number' || random.below(2) === 0;
  if (isEntered) added(log, [{ event: 'policy', facts: { number, policy_sha256: sha256Hex(bytes) } }]);
  await writeLog(altered, 'r-store', log);
  const what = `the keeper of r-store placed policy ${number} (${how})${isEntered ? ', and entered it' : ''}`;
  // A kit may lack the one before it.
  const isWrong = how !== 'both roles' && !(isKit && how === 'lower number');
  return mustBeFound(what, isWrong && world.rolesGiven);
};

/** A policy goes, and what its entry says with it or not: what it forbade is to be allowed. */
export const withholdPolicy: Attack = async (altered) => {
  const { random, vault, isKit } = altered;
  const path = await someFile(altered, /^policies\/\d+\/policy\.json$/);
  if (path === undefined) return undefined;
  const sha256 = sha256Hex(await readFile(join(vault, path)));
  await rm(join(vault, path, '..'), { recursive: true });
  const isUnsaid = random.below(2) === 0;
  const log = isUnsaid ? await logOf(altered, 'r-store') : undefined;
  let isOther = false;
  if (log !== undefined) {
    for (const segment of log)
      segment.entries = segment.entries.filter(
        ({ facts }) => facts['policy_sha256'] !== sha256 || 'kind' in facts,
      );
    isOther = await writeLog(altered, 'r-store', log);
  }
  const documents = await filesLike(altered, /\/(manifest|docking)\.json$/);
  const texts = await Promise.all(documents.map((each) => readFile(join(vault, each), 'utf8')));
  const isNamed = log === undefined || texts.some((text) => text.includes(sha256));
  const what = `${path} withheld${log === undefined ? '' : ', and its entry'}`;
  // A kit may be without it: then what rests on it is not judged.
  return mustBeFound(what, !isKit && (isNamed || isOther));
};

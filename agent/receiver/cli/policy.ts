// `bodydock-receiver policy`: what both roles agree for a vault, in three steps. One person makes its text, two persons sign it wherever
// their keys are, one person places it. No secret key of a role ever comes near this program.
import { command, group, usageError } from '../../../config/command-line.ts';
import { EXIT_GOOD } from '../../../config/exit-codes.ts';
import { RECEIVER_FILE } from '../../../config/load.ts';
import { keyIdHex, parsePublicKey } from '../../../protocol/documents/minisign.ts';
import { type Role, ROLES, roleSignature } from '../../../protocol/documents/order.ts';
import {
  parsePolicy,
  POLICY_BYTES_MAX,
  POLICY_DAYS_MAX,
  POLICY_DOCUMENTS_DAYS_MAX,
  POLICY_HOLD_DAYS_MAX,
  POLICY_STATION_BYTES_MIN,
  POLICY_TRUSTED_COMMENT,
  type Policy,
  rolesOf,
  termsOf,
} from '../../../protocol/documents/policy.ts';
import { LOG_DAYS_LATER } from '../../../protocol/documents/retention.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { POLICY } from '../../../protocol/format/file-names.ts';
import { makePolicy, placePolicy, readPolicies, underPolicy } from '../retention/policies.ts';
import { readSigningFolder, writeSigningFolder } from './signing-folder.ts';
import { openPolicyCommand } from './store-command.ts';

/** The stock command by which a role signs. */
function signCommand(role: Role): string {
  return `minisign -S -m ${POLICY} -x ${roleSignature(POLICY, role)} -t "${POLICY_TRUSTED_COMMENT}" -s KEYFILE`;
}

function singleKeyText(role: Role): string {
  return `${role}: one key alone. Where that is lost, nobody can sign another policy, lift a hold or delete early: put a second one, of another person, into roles.${role}s of receiver.yaml and make the policy again\n`;
}

/** Errors: "usage", "policy.*", "order.folder", "key.*", "vault.*", the system's. */
const make = command(
  {
    name: 'bodydock-receiver policy make',
    usage: [
      '[--days N] [--days-max N] [--documents-days N] [--hold-days N] [--log-days N] [--station-bytes N] [--free-text-days N] [--out FOLDER] [--config FILE] [--json]',
    ],
    about: `
Makes the text of the next policy: how long recordings and documents stay, and whose keys sign orders (those under \`roles\` in the file).
What is left out is as in the policy in force, or as in the file. Nothing changes until both roles have signed it in that folder, each with
a key that the policy in force names (the first one: a key under \`roles\`), and it is placed:
  ${signCommand('officer')}
  ${signCommand('supervisor')}
`,
    options: {
      days: {
        type: 'string',
        value: 'N',
        text: 'fewest days that a recording stays; fewer than 14 only here',
      },
      'days-max': { type: 'string', value: 'N', text: 'most days that a recording stays without an order' },
      'documents-days': {
        type: 'string',
        value: 'N',
        text: 'fewest days that documents of a deleted recording stay; fewer than 90 only here',
      },
      'hold-days': {
        type: 'string',
        value: 'N',
        text: 'days after which a hold by one role lapses (default 7); `none` for this and the next three: as without a policy',
      },
      'log-days': {
        type: 'string',
        value: 'N',
        text: 'fewest days that ended segments of a station’s log stay (default 30 more than documents)',
      },
      'station-bytes': { type: 'string', value: 'N', text: 'most bytes of one station in the vault' },
      'free-text-days': {
        type: 'string',
        value: 'N',
        text: 'days after which the text of a staff report is gone (default 90)',
      },
      out: { type: 'string', value: 'FOLDER', text: 'where the policy is put (default ./policy-NUMBER)' },
      config: RECEIVER_FILE,
    },
    exits: '0 made, 1 refused, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 0,
  },
  async ({ values, json }, io) => {
    const wish = {
      daysMin: daysOf('days', values.days, POLICY_DAYS_MAX),
      daysMax: daysOf('days-max', values['days-max'], POLICY_DAYS_MAX),
      documentsDays: daysOf('documents-days', values['documents-days'], POLICY_DOCUMENTS_DAYS_MAX),
      later: Object.fromEntries(
        LATER.flatMap(({ option, name, range }) => {
          const text = values[option];
          return text === undefined
            ? []
            : [[name, text === 'none' ? undefined : numberOf(option, text, range)]];
        }),
      ),
    };
    const deps = await openPolicyCommand(values.config, io);
    const bytes = await makePolicy(deps, wish);
    const policy = parsePolicy(bytes);
    const folder = await writeSigningFolder(deps.files, values.out ?? `policy-${policy.number}`, {
      file: POLICY,
      bytes,
      sheet: sheetOf(policy),
    });
    const single = ROLES.filter((role) => rolesOf(policy)[role].length === 1);
    if (json) io.out(`${JSON.stringify({ placed: false, policy, folder, single_key: single })}\n`);
    else
      io.out(`${policyText(policy)}
${single.map(singleKeyText).join('')}Nothing has changed yet. Next:
  1. Give ${folder} to an officer and to a supervisor. In that folder
     the officer types     ${signCommand('officer')}
     the supervisor types  ${signCommand('supervisor')}
     each with their own secret key for KEYFILE, which stays with them. sign.txt says the same in German and English.
  2. With both signatures in the folder: bodydock-receiver policy place ${folder}
`);
    return EXIT_GOOD;
  },
);

/** Errors: as above, and "lock.*". */
const place = command(
  {
    name: 'bodydock-receiver policy place',
    usage: ['FOLDER [--config FILE] [--json]'],
    about: `
Puts a policy with both signatures into the vault and into the store's log: from then on it is in force, for what is received later. It is
refused unless its number is above that of the last one and both signatures are by keys that the last one names.
`,
    options: { config: RECEIVER_FILE },
    exits: '0 in force, 1 refused, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 1,
  },
  async ({ values: { config }, words: [folder], json }, io) => {
    if (folder === undefined) throw usageError('`policy place` wants the folder with policy.json');
    const deps = await openPolicyCommand(config, io);
    const wanted = { file: POLICY, bytesMax: POLICY_BYTES_MAX, command: signCommand };
    const { bytes, signatures } = await readSigningFolder(deps.files, folder, wanted);
    const missing = ROLES.filter((role) => signatures[role] === undefined);
    if (missing[0] !== undefined)
      throw new DockError(
        'policy.unsigned',
        `the ${missing[0]} has not signed it; in that folder: ${signCommand(missing[0])}`,
        { retry: 'person' },
      );
    const { officer = '', supervisor = '' } = signatures;
    const policy = await placePolicy(deps, bytes, { officer, supervisor });
    if (json) io.out(`${JSON.stringify({ placed: true, policy })}\n`);
    else io.out(`in force: ${policyText(policy)}\n`);
    return EXIT_GOOD;
  },
);

/** Errors: as above. */
const show = command(
  {
    name: 'bodydock-receiver policy show',
    usage: ['[--config FILE] [--json]'],
    about: 'The policy in force, what the file makes of it, and the policies before it.',
    options: { config: RECEIVER_FILE },
    exits: '0 shown, 1 one that the log names is not in the vault, 2 usage, 78 configuration, keys or vault.',
    wordsMax: 0,
  },
  async ({ values: { config }, json }, io) => {
    const deps = await openPolicyCommand(config, io);
    const all = await readPolicies(deps);
    const { retention } = await underPolicy(deps);
    const { days, documentsDays } = retention;
    if (json) {
      const policies = all.map(({ time, sha256, policy }) => ({
        since: time,
        policy_sha256: sha256,
        policy,
      }));
      io.out(`${JSON.stringify({ policies, days, documents_days: documentsDays })}\n`);
      return EXIT_GOOD;
    }
    const lines = all.map(({ time, policy }) => `since ${time}: ${policyText(policy)}`);
    if (lines.length === 0)
      lines.push('no policy yet: fewer days than 14, and 90 for documents, are refused', '');
    io.out(`${lines.join('\n')}
now: recordings stay ${days} days, documents ${documentsDays} days
`);
    return EXIT_GOOD;
  },
);

export const policy = group({
  name: 'bodydock-receiver policy',
  about:
    'What both roles agree for a vault: how long recordings and documents stay, and whose keys sign orders.',
  commands: [
    {
      name: 'make',
      summary: 'make the text of the next policy, for both roles to sign',
      load: () => Promise.resolve(make),
    },
    {
      name: 'place',
      summary: 'put a signed policy in force',
      load: () => Promise.resolve(place),
    },
    {
      name: 'show',
      summary: 'show the policy in force and those before it',
      load: () => Promise.resolve(show),
    },
  ],
});

/** What only a policy of version 2 says. */
const LATER = [
  { option: 'hold-days', name: 'hold_days', range: [1, POLICY_HOLD_DAYS_MAX] },
  { option: 'log-days', name: 'log_days', range: [1, POLICY_DOCUMENTS_DAYS_MAX] },
  {
    option: 'station-bytes',
    name: 'station_bytes',
    range: [POLICY_STATION_BYTES_MIN, Number.MAX_SAFE_INTEGER],
  },
  { option: 'free-text-days', name: 'free_text_days', range: [1, POLICY_DAYS_MAX] },
] as const;

function daysOf(option: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : numberOf(option, text, [1, max]);
}

function numberOf(option: string, text: string, [min, max]: readonly [number, number]): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  if (number >= min && number <= max) return number;
  throw usageError(`--${option} wants a number from ${min} to ${max}`);
}

function keysText(lines: readonly string[]): string {
  return lines.map((line) => keyIdHex(parsePublicKey(line).keyId)).join(', ');
}

function policyText(made: Policy): string {
  const { number, vault, days_min: min, days_max: max, documents_days: documents } = made;
  const { officers, supervisors } = made;
  const { holdDays, logDays, stationBytes, freeTextDays } = termsOf(made);
  const bytes = Number.isFinite(stationBytes) ? `\n  one station fills at most ${stationBytes} bytes` : '';
  return `policy ${number} of vault ${vault}
  recordings stay ${min} to ${max} days, documents of deleted ones ${documents} days or longer
  a hold by one role lapses after ${holdDays} days, a station's log stays ${logDays ?? documents + LOG_DAYS_LATER} days or longer
  the text of a staff report is gone after ${freeTextDays} days${bytes}
  keys of officers: ${keysText(officers)}
  keys of supervisors: ${keysText(supervisors)}`;
}

/** The sheet beside `policy.json`. */
function sheetOf(made: Policy): string {
  const { number, vault, days_min: min, days_max: max, documents_days: documents } = made;
  const { holdDays, logDays = documents + LOG_DAYS_LATER, stationBytes, freeTextDays } = termsOf(made);
  const isBound = Number.isFinite(stationBytes);
  const commands = ROLES.map((role) => `  ${role.toUpperCase().padEnd(10)}  ${signCommand(role)}`).join('\n');
  return `RICHTLINIE ${number} für den Tresor ${vault}
  Aufzeichnungen bleiben mindestens ${min} und höchstens ${max} Tage, Dokumente gelöschter mindestens ${documents} Tage.
  Eine Löschsperre einer Rolle verfällt nach ${holdDays} Tagen; das Verwahrprotokoll einer Station bleibt mindestens ${logDays} Tage.
  Der Text einer Rückmeldung ist nach ${freeTextDays} Tagen gelöscht.${isBound ? `\n  Eine Station belegt höchstens ${stationBytes} Byte.` : ''}
  Schlüssel OFFICER: ${keysText(made.officers)}
  Schlüssel SUPERVISOR: ${keysText(made.supervisors)}

Zwei Personen unterschreiben, jede mit ihrem eigenen Schlüssel und auf ihrem eigenen Gerät: eine aus dem Kreis OFFICER, eine aus dem Kreis
SUPERVISOR der geltenden Richtlinie. Der geheime Schlüssel bleibt bei der Person. In diesem Ordner eingeben, KEYFILE durch die eigene
Schlüsseldatei ersetzen:
${commands}
Danach gibt den Ordner weiter, wer den Speicher betreibt: bodydock-receiver policy place ORDNER

POLICY ${number} of vault ${vault}
  Recordings stay ${min} days at least and ${max} at most, documents of deleted ones ${documents} days at least.
  A hold by one role lapses after ${holdDays} days; the log of a station stays ${logDays} days at least.
  The text of a staff report is gone after ${freeTextDays} days.${isBound ? `\n  One station fills at most ${stationBytes} bytes.` : ''}

Two persons sign, each with a key of their own on a machine of their own: one OFFICER, one SUPERVISOR of the policy in force. The secret key
stays with its holder. Type in this folder, with your own key file for KEYFILE:
${commands}
Then the store's keeper types: bodydock-receiver policy place FOLDER
`;
}

// Manipulations of orders, of evaluations and of key documents.
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeCanonical } from '../../../protocol/format/canonical.ts';
import { signDocument, type SecretKey } from '../../../protocol/documents/minisign.ts';
import { EVALUATORS } from '../vault-builder-orders.ts';
import { writeKeyChange } from '../vault-builder-keys.ts';
import {
  changeText,
  STRANGER,
  type Loose,
  type ManipulatedVault,
  type Manipulation,
} from './manipulated-vault.ts';

export const OF_ORDERS: readonly Manipulation[] = [
  {
    name: 'an order that one key signed for both roles',
    act: (vault) => {
      const { officer } = vault.evidence.dock1.orders.keys;
      return order(vault, { officer, supervisor: officer });
    },
    reason: 'order.signature-unknown-key',
  },
  {
    name: 'an order by a key that nobody trusts',
    act: (vault) => order(vault, { ...vault.evidence.dock1.orders.keys, officer: STRANGER }),
    reason: 'order.signature-unknown-key',
  },
  {
    name: 'an order that the store signed for a role',
    act: (vault) => order(vault, { ...vault.evidence.dock1.orders.keys, supervisor: vault.store }),
    reason: 'order.signature-unknown-key',
  },
  {
    name: 'an order signed by the two roles in each other’s place',
    act: (vault) => {
      const { officer, supervisor } = vault.evidence.dock1.orders.keys;
      return order(vault, { officer: supervisor, supervisor: officer });
    },
    reason: 'order.signature-unknown-key',
  },
  {
    name: 'an order about another recording, with the signatures of before',
    act: (vault) =>
      changeText(vault.at(vault.evidence.deleteOrder, 'order.json'), (text) =>
        text.replace(vault.evidence.ordered.id, vault.evidence.measured.id),
      ),
    reason: 'order.signature-wrong',
  },
  {
    name: 'a hold that was made a deletion',
    act: (vault) =>
      changeText(vault.at(vault.evidence.holdOrder, 'order.json'), (text) =>
        text.replace('"hold"', '"delete"'),
      ),
    reason: 'order.signature-wrong',
  },
  {
    name: 'an order with words in its reason',
    act: (vault) =>
      vault.order(vault.evidence.holdOrder, (value) => ({ ...value, reason: 'Mr. Smith asked' })),
    reason: 'order.shape',
  },
  {
    name: 'an order to delete with one signature left, after the deletion',
    act: (vault) => rm(vault.at(vault.evidence.deleteOrder, 'order.json.supervisor.minisig')),
    reason: 'deletion.order-unsigned',
  },
  {
    name: 'an order without any signature',
    act: async (vault) => {
      for (const role of ['officer', 'supervisor'])
        await rm(vault.at(vault.evidence.holdOrder, `order.json.${role}.minisig`));
    },
    reason: 'order.unsigned',
  },
  {
    name: 'an order taken away that a deletion names',
    act: (vault) => rm(vault.at(vault.evidence.deleteOrder), { recursive: true }),
    reason: 'deletion.order-missing',
  },
  {
    name: 'a hold taken away',
    act: (vault) => rm(vault.at(vault.evidence.holdOrder), { recursive: true }),
    reason: 'store-log.order-missing',
  },
  {
    name: 'an order that the roles signed anew after it was entered',
    act: (vault) => vault.order(vault.evidence.holdOrder, (value) => ({ ...value, reason: 'other-reason' })),
    reason: 'store-log.other-order',
  },
  {
    name: 'an order in the folder of another station',
    act: async (vault) => {
      const { holdOrder, dock1 } = vault.evidence;
      const target = join(vault.vault, dock1.station, 'orders');
      await mkdir(target);
      await rename(vault.at(holdOrder), join(target, holdOrder.order.order));
    },
    reason: 'order.other-station',
  },
  {
    name: 'an order under the id of another one',
    act: async (vault) => {
      const path = vault.at(vault.evidence.holdOrder);
      await cp(path, join(path, '..', 'abcdefghijklmnopqrstuvwxya'), { recursive: true });
    },
    reason: 'order.other-order',
  },
  {
    name: 'a deletion while a hold by one role counted',
    act: async (vault) => {
      const { lapsedOrder } = vault.evidence;
      await vault.order(lapsedOrder, (value) => ({ ...value, ordered_at: '2026-11-16T08:00:00.000Z' }), {
        officer: vault.evidence.dock1.orders.keys.officer,
      });
      const order_sha256 = sha256Hex(await readFile(vault.at(lapsedOrder, 'order.json')));
      await vault.rewriteStore((entries) =>
        entries
          .filter(({ event }) => event !== 'hold-lapsed')
          .map((entry) =>
            entry.event === 'order' && entry.facts['order'] === lapsedOrder.order.order
              ? { ...entry, facts: { ...entry.facts, order_sha256 } }
              : entry,
          ),
      );
    },
    reason: 'deletion.held',
  },
];

/** The order to delete with signatures by the keys given. */
function order(vault: ManipulatedVault, keys: Readonly<Record<string, SecretKey>>): Promise<void> {
  return vault.order(vault.evidence.deleteOrder, (value) => value, keys);
}

const keysOf = (vault: ManipulatedVault): string => join(vault.vault, vault.evidence.dock1.station, 'keys');

async function keyFile(vault: ManipulatedVault, ending: string): Promise<string> {
  const names = await readdir(keysOf(vault));
  return join(keysOf(vault), names.find((name) => name.endsWith(ending)) ?? '');
}

const oldKey = (vault: ManipulatedVault): SecretKey =>
  vault.evidence.dock1.stationKeys[0] ?? vault.evidence.dock1.stationKey;

/** Writes the revocation again. */
async function revoked(
  vault: ManipulatedVault,
  change: (value: Loose) => Loose,
  key = vault.store,
): Promise<void> {
  await vault.resign(await keyFile(vault, '.revocation.json'), key, change, 'key-revocation');
}

/** A recording that somebody with the old key makes out of one that is there, under a new id. */
async function forgedByOldKey(vault: ManipulatedVault, receivedAt: string | undefined): Promise<void> {
  const id = 'abcdefghijklmnopqrstuvwxya';
  const { middle } = vault.evidence;
  const folder = join(vault.at(middle), '..', id);
  await cp(vault.at(middle), folder, { recursive: true });
  const path = join(folder, 'manifest.json');
  await vault.resign(path, oldKey(vault), (value) => ({ ...value, recording: id }));
  if (receivedAt === undefined) {
    for (const name of ['receipt.json', 'receipt.json.minisig']) await rm(join(folder, name));
    return;
  }
  const manifest_sha256 = sha256Hex(await readFile(path));
  await vault.resign(join(folder, 'receipt.json'), vault.store, (value) => ({
    ...value,
    recording: id,
    manifest_sha256,
    received_at: receivedAt,
  }));
}

export const OF_KEYS: readonly Manipulation[] = [
  {
    name: 'a key change that the new key did not sign',
    act: async (vault) => rm(await keyFile(vault, '.new.minisig')),
    reason: 'key-change.signature-missing',
  },
  {
    name: 'a key change that the old key did not sign',
    act: async (vault) => rm(await keyFile(vault, '.change.json.minisig')),
    reason: 'key-change.signature-missing',
  },
  {
    name: 'a key change that a stranger signed for the old key',
    act: async (vault) => {
      const path = await keyFile(vault, '.change.json');
      await writeFile(`${path}.minisig`, signDocument(STRANGER, await readFile(path), 'bodydock key-change'));
    },
    reason: 'key-change.signature-unknown-key',
  },
  {
    name: 'a key change taken away from between its signatures',
    act: async (vault) => rm(await keyFile(vault, '.change.json')),
    reason: 'key-change.missing',
  },
  {
    name: 'all documents about keys taken away',
    act: (vault) => rm(keysOf(vault), { recursive: true }),
    reason: 'store-log.revocation-missing',
  },
  {
    name: 'a key change of another time, with the signatures of before',
    act: async (vault) =>
      changeText(await keyFile(vault, '.change.json'), (text) =>
        text.replace('"changed_at":"2026', '"changed_at":"2025'),
      ),
    reason: 'key-change.signature-wrong',
  },
  {
    name: 'a key change to a stranger’s key, signed with the stolen old one, and a manifest by the new one',
    act: async (vault) => {
      const { dock1, freshNext } = vault.evidence;
      const wish = {
        holder: dock1.station,
        old: oldKey(vault),
        fresh: STRANGER,
        at: '2026-10-27T08:00:00.000Z',
      };
      await writeKeyChange(vault.vault, wish);
      await vault.manifest(freshNext, (value) => value, STRANGER);
    },
    reason: 'manifest.signature-unknown-key',
  },
  {
    name: 'a key change from a key that nobody trusts',
    act: async (vault) => {
      const { dock1 } = vault.evidence;
      const wish = {
        holder: dock1.station,
        old: STRANGER,
        fresh: dock1.stationKey,
        at: '2026-10-27T08:00:00.000Z',
      };
      await writeKeyChange(vault.vault, wish);
    },
    reason: 'key-change.unknown-key',
  },
  {
    name: 'a log that goes on with another key and does not say so',
    act: (vault) =>
      vault.rewrite(vault.evidence.dock1, (entries) =>
        entries.filter(({ event }) => event !== 'key-changed'),
      ),
    reason: 'key-change.untold',
  },
  {
    name: 'a checkpoint by the old key in a segment of the new one',
    act: async (vault) => {
      const path = vault.segment(vault.evidence.dock1, -1);
      await changeText(path, (text) => {
        const lines = text.trimEnd().split('\n');
        const at = lines.findLastIndex((line) => line.includes('"event":"checkpoint"'));
        const entry = JSON.parse(lines[at] ?? '') as { facts: { head: string; signature: string } };
        entry.facts.signature = signDocument(
          oldKey(vault),
          Buffer.from(entry.facts.head),
          'bodydock custody-head',
        );
        return `${lines.slice(0, at).join('\n')}\n${Buffer.from(encodeCanonical(entry)).toString('utf8')}\n`;
      });
    },
    reason: 'custody.two-keys',
  },
  {
    name: 'a recording by the old key behind its change',
    act: (vault) => vault.manifest(vault.evidence.freshNext, (value) => value, oldKey(vault)),
    reason: 'key-change.used-after',
  },
  {
    name: 'a recording by a revoked key without a receipt',
    act: (vault) => forgedByOldKey(vault, undefined),
    reason: 'revocation.document',
  },
  {
    name: 'a recording by a revoked key with a receipt from afterwards',
    act: (vault) => forgedByOldKey(vault, '2026-11-01T08:00:00.000Z'),
    reason: 'revocation.document',
  },
  {
    name: 'a revocation that a station signed',
    act: (vault) => revoked(vault, (value) => value, vault.evidence.dock1.stationKey),
    reason: 'revocation.signature-unknown-key',
  },
  {
    name: 'a revocation of another key under this name',
    act: (vault) => revoked(vault, (value) => ({ ...value, key_id: '0'.repeat(16) })),
    reason: 'revocation.other-key-id',
  },
  {
    name: 'a revocation that was dated back behind the receipts',
    act: (vault) => revoked(vault, (value) => ({ ...value, revoked_at: '2026-10-26T08:00:00.000Z' })),
    reason: 'revocation.document',
  },
  {
    name: 'a revocation with another reason than the log’s',
    act: (vault) => revoked(vault, (value) => ({ ...value, reason: 'retired' })),
    reason: 'key-revocation.other-logged',
  },
  {
    name: 'a revocation taken away',
    act: async (vault) => {
      const path = await keyFile(vault, '.revocation.json');
      await rm(path);
      await rm(`${path}.minisig`);
    },
    reason: 'store-log.revocation-missing',
  },
  {
    name: 'a revocation that stands in no log',
    act: (vault) => vault.rewriteStore((entries) => entries.filter(({ event }) => event !== 'key-revoked')),
    reason: 'store-log.revocation-unlogged',
  },
];

const [FIRST = STRANGER] = EVALUATORS;
const EVALUATION = 'evaluation.json';

/** One thing about the first of the two evaluations, signed again by a key. */
function evaluation(
  vault: ManipulatedVault,
  change: (value: Loose) => Loose,
  key: SecretKey = FIRST,
): Promise<void> {
  return vault.resign(vault.at(vault.evidence.evaluations[0], EVALUATION), key, change);
}

export const OF_EVALUATIONS: readonly Manipulation[] = [
  {
    name: 'an answer of an evaluation changed',
    act: (vault) =>
      changeText(vault.at(vault.evidence.evaluations[0], EVALUATION), (text) =>
        text.replace('"calmed"', '"worse"'),
      ),
    reason: 'evaluation.signature-wrong',
  },
  {
    name: 'an evaluation that its evaluator changed afterwards',
    act: (vault) => evaluation(vault, (value) => ({ ...value, answers: { effect: 'worse' } })),
    reason: 'evaluation.other-logged',
  },
  {
    name: 'an evaluation by a key that nobody trusts',
    act: (vault) => evaluation(vault, (value) => value, STRANGER),
    reason: 'evaluation.signature-unknown-key',
  },
  {
    name: 'an evaluation that the store signed',
    act: (vault) => evaluation(vault, (value) => value, vault.store),
    reason: 'evaluation.signature-unknown-key',
  },
  {
    name: 'an evaluation without its signature',
    act: (vault) => rm(vault.at(vault.evidence.evaluations[0], `${EVALUATION}.minisig`)),
    reason: 'evaluation.signature-missing',
  },
  {
    name: 'an evaluation with words among its answers',
    act: (vault) => evaluation(vault, (value) => ({ ...value, answers: { effect: 'Mr. Smith was calm' } })),
    reason: 'evaluation.shape',
  },
  {
    name: 'an evaluation taken away',
    act: (vault) => rm(vault.at(vault.evidence.evaluations[1]), { recursive: true }),
    reason: 'evaluation.missing',
  },
  {
    name: 'an evaluation in the folder of another recording',
    act: async (vault) => {
      const [{ folder }] = vault.evidence.evaluations;
      const other = folder.replace(vault.evidence.measured.id, vault.evidence.held.id);
      await cp(vault.at(folder), vault.at(other), { recursive: true });
    },
    reason: 'evaluation.misplaced',
  },
  {
    name: 'an evaluation in the folder of another evaluator',
    act: async (vault) => {
      const [one, other] = vault.evidence.evaluations;
      await cp(vault.at(one), vault.at(other), { recursive: true });
    },
    reason: 'evaluation.misplaced',
  },
  {
    name: 'an evaluation of another manifest',
    act: (vault) => evaluation(vault, (value) => ({ ...value, manifest_sha256: '0'.repeat(64) })),
    reason: 'evaluation.no-recording',
  },
];

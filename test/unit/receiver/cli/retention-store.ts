// A store on this machine's disk with recordings in its vault and keys of both roles, for the commands about retention.
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSigningKey } from '../../../../config/enrolment/keys.ts';
import type { Manifest } from '../../../../protocol/documents/manifest.ts';
import {
  makeSecretKey,
  publicKeyLine,
  publicKeyOf,
  type SecretKey,
} from '../../../../protocol/documents/minisign.ts';
import { ORDER_TRUSTED_COMMENT, type Role } from '../../../../protocol/documents/order.ts';
import { RECEIPT_TRUSTED_COMMENT, type Receipt } from '../../../../protocol/documents/receipt.ts';
import { entersAs, saysTime } from '../../../fakes/outside-time.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { signFast } from '../../../fakes/signer-fast.ts';
import { RECEIVER, withStore, type StoreFolder } from '../keys/store-folder.ts';
import { encodeReceiptOf, makeSample, type Sample } from '../sample.ts';

const keys = new SeededRandom(701);
const stationKey = makeSecretKey(keys);
export const officerKey = makeSecretKey(keys);
export const supervisorKey = makeSecretKey(keys);
/** Two persons who evaluate. */
export const evaluatorKeys = [71, 72].map((seed) => makeSecretKey(new SeededRandom(seed)));
export const DAY_MS = 86_400_000;

export interface RetentionStore extends StoreFolder {
  /** Puts a recording there that came so many days ago and was sealed then, or as told. */
  readonly plant: (
    daysAgo: number,
    sealedDaysAgo?: number,
    change?: Partial<Manifest>,
    receipt?: Partial<Receipt>,
  ) => Promise<Sample>;
  /** Somebody outside says the time: what is due may go. */
  readonly hear: () => Promise<void>;
  /** Folder of a recording. */
  readonly recording: (sample: Sample) => string;
}

/** Calls with the store, and removes it afterwards. */
export function withRetentionStore(use: (store: RetentionStore) => Promise<void>): Promise<void> {
  return withStore([stationKey], async (store) => {
    const line = (key: SecretKey): string => publicKeyLine(publicKeyOf(key));
    const evaluators = evaluatorKeys.map(line).join(', ');
    const roles = `roles: { officers: [${line(officerKey)}], supervisors: [${line(supervisorKey)}], evaluators: [${evaluators}] }\n`;
    await appendFile(join(store.folder, 'receiver.yaml'), roles);
    const vault = await store.open();
    await vault.close();
    // Nothing goes before a first receipt (SPEC 10.3.39).
    const earlier = { kind: 'recording', station: 'dock-1', recording: 'e'.repeat(26) };
    await entersAs(join(store.folder, 'receiver.yaml'), {
      event: 'receipt',
      facts: { ...earlier, receipt_sha256: '0'.repeat(64) },
    });
    const storeKey = await readSigningKey(join(store.folder, 'store.key'));
    const random = new SeededRandom(702);
    const recording = (sample: Sample): string => join(store.vault, sample.station, sample.recording);
    const plant: RetentionStore['plant'] = async (
      daysAgo,
      sealedDaysAgo = daysAgo,
      change = {},
      over = {},
    ) => {
      const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
      const facts = { sealed_at: ago(sealedDaysAgo), clock_synchronised: true, ...change };
      const sample = makeSample(random, stationKey, 700, facts);
      const received_at = ago(daysAgo);
      const receipt = encodeReceiptOf(sample, { receiver: RECEIVER, vault: vault.id, received_at, ...over });
      const folder = recording(sample);
      await mkdir(folder, { recursive: true });
      const parts: readonly (readonly [string, string | Uint8Array])[] = [
        ['manifest.json', sample.offer.bytes],
        ['manifest.json.minisig', sample.offer.signature],
        ['payload.age', sample.payload],
        ['chunks.bin', sample.chunks],
        ['receipt.json', receipt],
        ['receipt.json.minisig', signFast(storeKey, receipt, RECEIPT_TRUSTED_COMMENT)],
      ];
      for (const [name, bytes] of parts) await writeFile(join(folder, name), bytes);
      return sample;
    };
    await use({ ...store, plant, recording, hear: () => saysTime(join(store.folder, 'receiver.yaml')) });
  });
}

/** Signs the order in a folder, as `minisign` does with a role's key. */
export async function signOrder(
  folder: string,
  bytes: Uint8Array,
  role: Role,
  key: SecretKey = role === 'officer' ? officerKey : supervisorKey,
): Promise<void> {
  await writeFile(join(folder, `order.json.${role}.minisig`), signFast(key, bytes, ORDER_TRUSTED_COMMENT));
}

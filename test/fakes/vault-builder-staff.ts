// For the vault builder: what staff said at a station's screen (SPEC 4.17), really signed and sealed, entered and receipted on the day after.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sealSmall } from '../../protocol/age/sealed-file.ts';
import { encodeReceipt, type Receipt } from '../../protocol/documents/receipt.ts';
import {
  encodeStaffDocument,
  staffTrustedComment,
  type StaffDocument,
  type StaffKind,
} from '../../protocol/documents/staff-report.ts';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import { makeRecordingId, type RecordingId } from '../../protocol/format/ids.ts';
import { writeSigned } from './vault-builder-signed.ts';
import { headOf } from './vault-builder-tree.ts';
import type { VaultBuilder } from './vault-builder.ts';

const DAY_MS = 86_400_000;

/** File of each kind. */
export const STAFF_FILES: Readonly<Record<StaffKind, string>> = {
  'staff-report': 'report.json',
  'staff-text': 'text.json',
};

export interface BuiltStaffDocument {
  readonly id: RecordingId;
  readonly folder: string;
  readonly kind: StaffKind;
  readonly bytes: Uint8Array;
  readonly receipt: Receipt;
}

/** One of the day before, into the vault. */
export async function giveStaffDocument(builder: VaultBuilder, kind: StaffKind): Promise<BuiltStaffDocument> {
  const { station, random, clock, receiver } = builder;
  const id = makeRecordingId(random);
  const day = new Date(Date.parse(clock.now()) - DAY_MS).toISOString().slice(0, 10);
  const of = { version: 1, record: id, station, day } as const;
  const recipients = [builder.store.recipient, builder.escrow.recipient];
  const sealed = Buffer.from(sealSmall(Buffer.from('It was loud.'), recipients, random)).toString('base64');
  const document: StaffDocument =
    kind === 'staff-report'
      ? {
          type: kind,
          ...of,
          questions_sha256: sha256Hex(Buffer.from('questions')),
          answers: { effect: 'calmed' },
        }
      : { type: kind, ...of, recipients, sealed };
  const bytes = encodeStaffDocument(document);
  const folder = join(builder.vault, station, id);
  await mkdir(folder, { recursive: true });
  await writeSigned(join(folder, STAFF_FILES[kind]), bytes, builder.stationKey, staffTrustedComment(kind));
  builder.log('document-recorded', { kind, record: id, sha256: sha256Hex(bytes) });
  const head = headOf(await builder.lines(), builder.segments) as NonNullable<Receipt['custody_head']>;
  const receipt = { ...receiver.dockingReceiptOf(station, id, bytes, head, clock.now()), kind };
  await receiver.writeReceipt(folder, receipt);
  builder.log('offered', { recording: id });
  const receipt_sha256 = sha256Hex(encodeReceipt(receipt));
  builder.log('receipted', { recording: id, receiver: receiver.receiver, receipt_sha256 });
  return { id, folder, kind, bytes, receipt };
}

// For the vault builder: the store's side. Receipts, deletion records with the payload gone, disclosures, and the store's own log.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../protocol/format/bytes.ts';
import type { CustodyEvent } from '../../protocol/custody/custody-entry.ts';
import {
  DELETION_TRUSTED_COMMENT,
  encodeDeletionRecord,
  parseDeletionRecord,
  type DeletionRecord,
} from '../../protocol/documents/deletion-record.ts';
import {
  makeSessionId,
  parseReceiverId,
  type DockingId,
  type ReceiverId,
  type RecordingId,
  type SessionId,
  type StationId,
} from '../../protocol/format/ids.ts';
import { makeSecretKey, type SecretKey } from '../../protocol/documents/minisign.ts';
import { encodeDisclosure, type Disclosure } from '../../protocol/documents/order.ts';
import type { Random } from '../../protocol/format/ports.ts';
import {
  encodeReceipt,
  parseReceipt,
  RECEIPT_TRUSTED_COMMENT,
  type Receipt,
} from '../../protocol/documents/receipt.ts';
import { NO_CHUNKS_SHA256 } from '../../protocol/documents/item-documents.ts';
import { retentionOf } from '../../protocol/documents/retention.ts';
import { BuilderLog } from './vault-builder-log.ts';
import type { BuiltOrder } from './vault-builder-orders.ts';
import type { BuiltRecording } from './vault-builder-recordings.ts';
import { writeSigned, type BuilderClock } from './vault-builder-signed.ts';

const DAY_MS = 86_400_000;
/** As long as documents stay at least. */
const DOCUMENTS_MS = 90 * DAY_MS;

/** How a recording is deleted; all has a default. */
export interface DeletionWish {
  readonly days?: number;
  /** What orders it; else it has expired. */
  readonly order?: BuiltOrder;
  /** False: a kill between the record and the last byte left the payload there. */
  readonly payloadGone?: boolean;
  readonly change?: (record: DeletionRecord) => DeletionRecord;
  /** False: nobody outside says the time before one that has expired. */
  readonly isHeard?: boolean;
}

/** A document without payload that is dropped. */
interface DroppedPart {
  readonly folder: string;
  readonly bytes: Uint8Array;
  readonly record: { readonly station: StationId; readonly record: RecordingId | DockingId };
}

/** The store of a built vault; its log is begun with the first event. */
export class StoreBuilder {
  readonly vault: string;
  readonly receiver: ReceiverId;
  readonly vaultId: SessionId;
  readonly random: Random;
  readonly clock: BuilderClock;
  readonly log: BuilderLog;
  key: SecretKey;
  #begun = false;

  constructor(
    vault: string,
    vaultId: SessionId | undefined,
    random: Random,
    clock: BuilderClock,
    receiver = 'r-store',
  ) {
    this.vault = vault;
    this.receiver = parseReceiverId(receiver);
    this.random = random;
    this.clock = clock;
    this.key = makeSecretKey(random);
    this.vaultId = vaultId ?? makeSessionId(random);
    this.log = new BuilderLog(this.receiver, random, clock);
  }

  /** `<vault>/<receiver>/custody` */
  get custody(): string {
    return join(this.vault, this.receiver, 'custody');
  }

  /** Begins the log, or a new segment of it: the receiver was started. */
  async start(): Promise<void> {
    this.#begun = true;
    await this.log.open(this.key);
    this.log.log('receiver-started', { version: '0.1.0' });
  }

  /** Enters an event and closes its group. */
  async enter(event: CustodyEvent['event'], facts: CustodyEvent['facts']): Promise<void> {
    if (!this.#begun) await this.start();
    this.log.log(event, facts);
    await this.log.flush();
  }

  /** The receipt of a recording. */
  receiptOf(
    { manifest, manifestBytes }: Pick<BuiltRecording, 'manifest' | 'manifestBytes'>,
    head: Receipt['custody_head'],
    at: string,
  ): Receipt {
    const { recording, station, sealed } = manifest;
    const of = { recording, station, manifest_sha256: sha256Hex(manifestBytes) };
    const held = { sealed_size_bytes: sealed.size_bytes, chunks_sha256: sealed.chunks_sha256 };
    return { ...this.#receipt(head, at), kind: 'recording', ...of, ...held };
  }

  /** The receipt of one part of a docking record. */
  dockingReceiptOf(
    station: StationId,
    record: string,
    bytes: Uint8Array,
    head: Receipt['custody_head'],
    at: string,
  ): Receipt {
    const of = { recording: record as RecordingId, station, manifest_sha256: sha256Hex(bytes) };
    return {
      ...this.#receipt(head, at),
      kind: 'docking',
      ...of,
      sealed_size_bytes: 0,
      chunks_sha256: NO_CHUNKS_SHA256,
    };
  }

  /** Signs a receipt and puts it into a folder; gives its digest. */
  async writeReceipt(
    folder: string,
    receipt: Receipt,
    key = this.key,
    comment = RECEIPT_TRUSTED_COMMENT,
  ): Promise<string> {
    const bytes = encodeReceipt(receipt);
    await writeSigned(join(folder, 'receipt.json'), bytes, key, comment);
    return sha256Hex(bytes);
  }

  /** A witness says the time, the clock's where none is given. */
  hear(said_at = this.clock.now()): Promise<void> {
    return this.enter('outside-time', { by: 'witness', name: 'witness.test', said_at, boot: null });
  }

  /** Warns of an early expiry. */
  async warn({ manifest, receipt }: BuiltRecording, days = 14): Promise<void> {
    const { recording, station } = manifest;
    const { due_at } = retentionOf(manifest, receiptIn(receipt).received_at, days);
    await this.enter('expiry-warned', { station, recording, due_at });
  }

  /** Deletes the payload after a deletion record, at the clock's time. */
  async delete(built: BuiltRecording, wish: DeletionWish = {}): Promise<DeletionRecord> {
    const { manifest, manifestBytes, folder } = built;
    const receipt = receiptIn(built.receipt);
    const { recording, station, sealed } = manifest;
    const made: DeletionRecord = {
      type: 'deletion-record',
      version: 1,
      station,
      recording,
      receiver: this.receiver,
      vault: this.vaultId,
      manifest_sha256: sha256Hex(manifestBytes),
      receipt_sha256: sha256Hex(encodeReceipt(receipt)),
      sealed_size_bytes: sealed.size_bytes,
      reason: wish.order === undefined ? 'expired' : 'ordered',
      retention: { ...retentionOf(manifest, receipt.received_at, wish.days ?? 14) },
      order_sha256: wish.order?.sha256 ?? null,
      deleted_at: this.clock.now(),
    };
    const record = wish.change?.(made) ?? made;
    const facts = { station, recording, deletion_sha256: await this.writeDeletion(folder, record) };
    if (record.reason === 'expired' && wish.isHeard !== false) await this.hear(record.deleted_at);
    await this.enter('deleting', facts);
    if (wish.payloadGone === false) return record;
    for (const name of ['payload.age', 'chunks.bin']) await rm(join(folder, name));
    await this.enter('deleted', facts);
    return record;
  }

  /** Signs a deletion record and puts it into a folder; gives its digest. */
  async writeDeletion(
    folder: string,
    record: DeletionRecord,
    key = this.key,
    comment = DELETION_TRUSTED_COMMENT,
  ): Promise<string> {
    const bytes = encodeDeletionRecord(record);
    await writeSigned(join(folder, 'deletion.json'), bytes, key, comment);
    return sha256Hex(bytes);
  }

  /** Says in the log how long recordings and documents stay. */
  announce(days = 14, documentsDays = 730): Promise<void> {
    return this.enter('retention', { days, documents_days: documentsDays });
  }

  /** Drops the documents of a recording, long after its payload, which goes now where it is here; the deletion record stays. */
  async dropDocuments(built: BuiltRecording): Promise<void> {
    const { manifest, manifestBytes, folder } = built;
    const { station, recording } = manifest;
    const names = await readdir(folder);
    if (!names.includes('deletion.json')) {
      this.clock.advance(30 * DAY_MS);
      await this.delete(built);
    }
    this.clock.advance(DOCUMENTS_MS);
    const kept = join(this.vault, station, 'deletions', recording);
    await mkdir(kept, { recursive: true });
    for (const name of ['deletion.json', 'deletion.json.minisig'])
      await copyFile(join(folder, name), join(kept, name));
    await this.#drop(folder, manifestBytes, { station, recording });
  }

  /** Drops all parts of a docking record, or a document of the staff, long after they came. */
  async dropDocking(parts: readonly DroppedPart[], { afterMs = DOCUMENTS_MS } = {}): Promise<void> {
    this.clock.advance(afterMs);
    for (const { folder, record, bytes } of parts)
      await this.#drop(folder, bytes, { station: record.station, recording: record.record });
  }

  async #drop(
    folder: string,
    document: Uint8Array,
    named: { readonly station: StationId; readonly recording: RecordingId | DockingId },
  ): Promise<void> {
    const receipt = await readFile(join(folder, 'receipt.json'));
    const deletion = await readFile(join(folder, 'deletion.json')).catch(() => null);
    await this.enter('documents-dropped', {
      ...named,
      manifest_sha256: sha256Hex(document),
      receipt_sha256: sha256Hex(receipt),
      received_at: parseReceipt(receipt).received_at,
      deletion_sha256: deletion && sha256Hex(deletion),
      deleted_at: deletion && parseDeletionRecord(deletion).deleted_at,
    });
    await rm(folder, { recursive: true });
  }

  /** Somebody opened or exported a recording; a pending one lies in `.disclosures` and is not in the log yet. */
  async disclose(
    { manifest, manifestBytes }: BuiltRecording,
    {
      command = 'open',
      reason = 'court-request',
      pending = false,
    }: { command?: Disclosure['command']; reason?: string; pending?: boolean } = {},
  ): Promise<Disclosure> {
    const { station, recording } = manifest;
    const disclosure: Disclosure = {
      type: 'disclosure',
      version: 1,
      disclosure: makeSessionId(this.random),
      station,
      recording,
      manifest_sha256: sha256Hex(manifestBytes),
      command,
      reason,
      asked_at: this.clock.now(),
    };
    const folder = join(this.vault, '.disclosures');
    await mkdir(folder, { recursive: true });
    const { disclosure: id, asked_at } = disclosure;
    if (pending) await writeFile(join(folder, `${id}.json`), encodeDisclosure(disclosure));
    else await this.enter('disclosed', { station, recording, disclosure: id, command, reason, asked_at });
    return disclosure;
  }

  /** Writes the log: a receiver has one from its first start on. */
  async write(): Promise<void> {
    if (!this.#begun) await this.start();
    await this.log.write(this.custody);
  }

  #receipt(
    head: Receipt['custody_head'],
    at: string,
  ): Pick<Receipt, 'type' | 'version' | 'receiver' | 'vault' | 'custody_head' | 'received_at'> {
    const { receiver, vaultId: vault } = this;
    return { type: 'receipt', version: 1, receiver, vault, custody_head: head, received_at: at };
  }
}

function receiptIn(receipt: Receipt | undefined): Receipt {
  if (receipt !== undefined) return receipt;
  throw new Error('the recording has no receipt yet: end its docking first');
}

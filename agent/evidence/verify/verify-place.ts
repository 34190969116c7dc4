// Verifies all of one place: keys, then every recording and docking record by itself, then the logs, then what only shows between them.
//
// Memory: digests and ids of each recording, of each part of a docking record and of each custody segment; no document and no payload is
// held.
import { join } from 'node:path';
import type { OpenedIdentity } from '../../../config/enrolment/identity-file.ts';
import { loadProofs } from '../../../config/enrolment/proofs.ts';
import { describeError } from '../../../protocol/format/errors.ts';
import { isStationId } from '../../../protocol/format/ids.ts';
import { CUSTODY, RESTORED, WITNESS } from '../../../protocol/format/file-names.ts';
import { leftoverRemarks } from './deletion-leftovers.ts';
import { checkDocking, type CheckedDocking } from './docking-check.ts';
import {
  walkPlace,
  type FoundCustody,
  type FoundDocking,
  type FoundOrders,
  type FoundReceiver,
  type FoundRecording,
} from './found-folders.ts';
import { keyLogRemarks } from './key-logs.ts';
import { knownKeys, type KnownKeys } from './known-keys.ts';
import { checkOrders, type FoundOrder } from './order-check.ts';
import { type Place } from './place.ts';
import { PlaceBetween } from './place-between.ts';
import { PlaceFacts } from './place-facts.ts';
import { PlaceLogs } from './place-logs.ts';
import { storeRemarks } from './place-store.ts';
import type { ReadFiles } from './read-files.ts';
import { checkRecording, type CheckedRecording } from './recording-check.ts';
import { below, finding, type Remark } from './remark.ts';
import { countDocking, countRecording, countRemark, noTotals, type Totals } from './totals.ts';
import { stationKeys, type TrustedKeys } from './trusted-keys.ts';
import { readVaultId } from './vault-id.ts';
import { checkRestored, type FoundRestored } from './restored-check.ts';
import { checkWitnesses, type FoundWitness } from './witness-check.ts';

/** What verifying needs. */
export interface VerifyOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  /** Empty: payloads are not opened. */
  readonly identities: readonly OpenedIdentity[];
  /** Time of the verification, ms since 1970: what is held now, and what waits for too long. */
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Is told of everything as soon as it is known. Calls are short and must not throw. */
export interface VerifyReport {
  /** One recording with all that was found in its own folder. */
  recording(checked: CheckedRecording): void;
  /** One part of a docking record with all that was found in its own folder. */
  docking(checked: CheckedDocking): void;
  /** Something that concerns more than one folder, or none of a document. */
  remark(remark: Remark): void;
}

/**
 * Verifies a place and gives the counts; no finding means that it is good.
 * Errors: the signal's reason; those of the machine ("EMFILE" ...). Whatever a disk shows is a remark.
 */
export async function verifyPlace(
  place: Place,
  options: VerifyOptions,
  report: VerifyReport,
): Promise<Totals> {
  const known = await knownKeys(options.files, place, options.keys);
  return new PlaceCheck(place, { ...options, keys: known.keys }, report, known).run();
}

class PlaceCheck {
  readonly #place: Place;
  readonly #options: VerifyOptions;
  readonly #report: VerifyReport;
  readonly #known: KnownKeys;
  readonly #totals = noTotals();
  readonly #facts = new PlaceFacts();
  readonly #custody: FoundCustody[] = [];
  readonly #receivers: FoundReceiver[] = [];
  readonly #orders: FoundOrder[] = [];
  readonly #witnesses: FoundWitness[] = [];
  readonly #restored: FoundRestored[] = [];

  constructor(place: Place, options: VerifyOptions, report: VerifyReport, known: KnownKeys) {
    this.#place = place;
    this.#options = options;
    this.#report = report;
    this.#known = known;
  }

  async run(): Promise<Totals> {
    const vault = await readVaultId(this.#options.files, this.#place);
    this.#tell([...vault.remarks, ...this.#known.remarks]);
    for await (const found of walkPlace(this.#options.files, this.#place)) {
      this.#options.signal.throwIfAborted();
      if (found.kind === 'remark') this.#tell([found.remark]);
      else if (found.kind === 'custody') this.#custody.push(found);
      else if (found.kind === 'receiver') this.#receivers.push(found);
      else if (found.kind === 'orders') await this.#checkOrders(found);
      else if (found.kind === 'docking') await this.#docking(found, vault.id);
      else await this.#recording(found, vault.id);
    }
    for (const receiver of this.#receivers) {
      await this.#checkWitnesses(receiver, vault.id);
      await this.#checkRestored(receiver, vault.id);
    }
    this.#countDocuments();
    const logs = await this.#readLogs();
    const { files } = this.#options;
    this.#tell(await leftoverRemarks({ files, path: this.#place.path, facts: this.#facts, log: logs.store }));
    if (this.#place.kind !== 'recording') await this.#between(logs);
    if (this.#place.kind === 'spool') await this.#proofs();
    return this.#totals;
  }

  async #recording(found: FoundRecording, vault: string | undefined): Promise<void> {
    const checked = await checkRecording({ ...this.#options, ...found, vault });
    if (checked === undefined) return; // a running agent or receiver has just moved it
    this.#facts.takeRecording(checked, found.station);
    countRecording(this.#totals, checked);
    for (const remark of checked.remarks) countRemark(this.#totals, remark);
    this.#report.recording(checked);
  }

  async #docking(found: FoundDocking, vault: string | undefined): Promise<void> {
    const checked = await checkDocking({ ...this.#options, ...found, vault });
    if (checked === undefined) return;
    this.#facts.takeDocking(checked, found.station);
    countDocking(this.#totals, checked);
    for (const remark of checked.remarks) countRemark(this.#totals, remark);
    this.#report.docking(checked);
  }

  async #checkOrders(found: FoundOrders): Promise<void> {
    const { orders, remarks } = await checkOrders({ ...this.#options, ...found });
    for (const order of orders) this.#orders.push(order);
    this.#tell(remarks);
  }

  async #checkWitnesses(
    { folder, where, receiver }: FoundReceiver,
    vault: string | undefined,
  ): Promise<void> {
    const place = { folder: join(folder, WITNESS), where: below(where, WITNESS), receiver, vault };
    const { witnesses, remarks } = await checkWitnesses({ ...this.#options, ...place });
    for (const found of witnesses) {
      this.#witnesses.push(found);
      this.#facts.takeReceiver(found.witness.receiver, found.keyId);
    }
    this.#tell(remarks);
  }

  async #checkRestored({ folder, where, receiver }: FoundReceiver, vault: string | undefined): Promise<void> {
    const place = { folder: join(folder, RESTORED), where: below(where, RESTORED), receiver, vault };
    const { statements, remarks } = await checkRestored({ ...this.#options, ...place });
    for (const found of statements) {
      this.#restored.push(found);
      this.#facts.takeReceiver(found.restored.receiver, found.keyId);
    }
    this.#tell(remarks);
  }

  #countDocuments(): void {
    this.#totals.orders += this.#orders.length;
    this.#totals.witnesses += this.#witnesses.length;
    this.#totals.key_changes += this.#known.changes.filter(({ inPlace }) => inPlace).length;
    this.#totals.key_revocations += this.#known.revocations.length;
  }

  #tell(remarks: Iterable<Remark>): void {
    for (const remark of remarks) {
      countRemark(this.#totals, remark);
      this.#report.remark(remark);
    }
  }

  async #readLogs(): Promise<PlaceLogs> {
    const kind = this.#place.kind === 'spool' ? 'spool' : 'vault';
    const witnesses = this.#witnesses;
    const found = { facts: this.#facts, witnesses, stations: this.#custody };
    const logs = new PlaceLogs({ ...this.#options, kind, ...found });
    for (const { receiver, folder, where } of this.#receivers) {
      const custody = { folder: join(folder, CUSTODY), where: below(where, CUSTODY) };
      this.#tell(await logs.readStore(receiver, custody));
    }
    for (const custody of this.#custody) this.#tell(await logs.readStation(custody));
    const { segments, entries, checkpoints } = logs.counts;
    this.#totals.custody_segments += segments;
    this.#totals.custody_entries += entries;
    this.#totals.custody_checkpoints += checkpoints;
    // Folders alone, such as a kit, have no log that would name a change of keys.
    if (this.#place.kind !== 'collection') this.#tell(keyLogRemarks(this.#known, logs, kind));
    return logs;
  }

  async #between(logs: PlaceLogs): Promise<void> {
    const read = { ...this.#options, place: this.#place, facts: this.#facts, logs };
    for await (const remark of new PlaceBetween(read).remarks()) this.#tell([remark]);
    const changed = new Set(this.#known.changes.map(({ document }) => document.holder));
    const store = {
      ...read,
      orders: this.#orders,
      witnesses: this.#witnesses,
      restored: this.#restored,
      changed,
    };
    for await (const remark of storeRemarks(store, this.#totals)) this.#tell([remark]);
  }

  /** Proofs of recipients lie only in a spool, and are of the station whose recordings lie there. */
  async #proofs(): Promise<void> {
    const station = this.#facts.station;
    if (station === undefined || !isStationId(station)) return;
    const keys = stationKeys(this.#options.keys, station);
    await loadProofs(join(this.#place.path, 'proofs'), station, keys, (file, error) =>
      this.#tell([finding('proof.refused', below('proofs', file), describeError(error))]),
    );
  }
}

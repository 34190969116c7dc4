// Verifies all of one place: every recording by itself, then what only shows between them (chains, sidecars), then the custody log and
// how it compares with the recordings.
//
// Memory: digests and ids of each recording and of each custody segment; no document and no payload is held.
import { join } from 'node:path';
import type { OpenedIdentity } from '../../config/identity-file.ts';
import { loadProofs } from '../../config/proofs.ts';
import { describeError } from '../../protocol/errors.ts';
import { isStationId } from '../../protocol/ids.ts';
import { accountRemarks, missingRecording, missingRecordings } from './account-check.ts';
import { checkChains } from './chain-check.ts';
import { chainRemark } from './chain-remarks.ts';
import { checkCustody } from './custody-check.ts';
import { walkPlace, type FoundCustody, type FoundRecording } from './found-folders.ts';
import { HeadBook } from './head-book.ts';
import { LogAccount } from './log-account.ts';
import type { Place } from './place.ts';
import { PlaceFacts } from './place-facts.ts';
import type { ReadFiles } from './read-files.ts';
import { receiptHeadRemarks } from './receipt-heads.ts';
import { checkRecording, type CheckedRecording } from './recording-check.ts';
import { below, finding, note, type Remark } from './remark.ts';
import { checkSidecars } from './sidecar-check.ts';
import { countRecording, countRemark, noTotals, type Totals } from './totals.ts';
import { stationKeys, type TrustedKeys } from './trusted-keys.ts';
import { readVaultId } from './vault-id.ts';

/** What verifying needs. */
export interface VerifyOptions {
  readonly files: ReadFiles;
  readonly keys: TrustedKeys;
  /** Empty: payloads are not opened. */
  readonly identities: readonly OpenedIdentity[];
  readonly signal: AbortSignal;
}

/** Is told of everything as soon as it is known. Calls are short and must not throw. */
export interface VerifyReport {
  /** One recording with all that was found in its own folder. */
  recording(checked: CheckedRecording): void;
  /** Something that concerns more than one folder, or none of a recording. */
  remark(remark: Remark): void;
}

/**
 * Verifies a place and gives the counts; no finding means that it is good.
 * Errors: the signal's reason; those of the machine ("EMFILE" ...). Whatever a disk shows is a remark.
 */
export function verifyPlace(place: Place, options: VerifyOptions, report: VerifyReport): Promise<Totals> {
  return new PlaceCheck(place, options, report).run();
}

class PlaceCheck {
  readonly #place: Place;
  readonly #options: VerifyOptions;
  readonly #report: VerifyReport;
  readonly #totals = noTotals();
  readonly #facts = new PlaceFacts();
  readonly #custody: FoundCustody[] = [];
  readonly #dockings = new Set<string>();
  readonly #accounts: LogAccount[] = [];

  constructor(place: Place, options: VerifyOptions, report: VerifyReport) {
    this.#place = place;
    this.#options = options;
    this.#report = report;
  }

  async run(): Promise<Totals> {
    const vault = await readVaultId(this.#options.files, this.#place);
    this.#tell(vault.remarks);
    for await (const found of walkPlace(this.#options.files, this.#place)) {
      this.#options.signal.throwIfAborted();
      if (found.kind === 'remark') this.#tell([found.remark]);
      else if (found.kind === 'custody') this.#custody.push(found);
      else if (found.kind === 'docking') this.#dockings.add(found.name);
      else await this.#recording(found, vault.id);
    }
    for (const custody of this.#custody) await this.#checkCustody(custody);
    if (this.#place.kind !== 'recording') this.#between();
    if (this.#place.kind === 'spool') await this.#proofs();
    return this.#totals;
  }

  async #recording(found: FoundRecording, vault: string | undefined): Promise<void> {
    const checked = await checkRecording({ ...this.#options, ...found, vault });
    if (checked === undefined) return; // a running agent or receiver has just moved it
    this.#facts.take(checked, found);
    countRecording(this.#totals, checked);
    for (const remark of checked.remarks) countRemark(this.#totals, remark);
    this.#report.recording(checked);
  }

  #tell(remarks: readonly Remark[]): void {
    for (const remark of remarks) {
      countRemark(this.#totals, remark);
      this.#report.remark(remark);
    }
  }

  /** What shows only between recordings. */
  #between(): void {
    this.#tell(checkSidecars(this.#facts.joined));
    const { places, superseded, links } = this.#facts;
    const { kind } = this.#place;
    const context = {
      complete: kind !== 'collection',
      kind: kind === 'spool' ? ('spool' as const) : ('vault' as const),
      places,
      superseded,
      accounts: this.#accounts,
    };
    this.#tell(checkChains(links).map((fault) => chainRemark(fault, context)));
  }

  async #checkCustody(found: FoundCustody): Promise<void> {
    const { folder, where, station } = found;
    const account = new LogAccount();
    const book = new HeadBook();
    const heads = this.#facts.headsOf(station);
    for (const { head } of heads) book.want(head);
    const visit = account.take.bind(account);
    const checked = await checkCustody({ ...this.#options, folder, where, station, book, visit });
    this.#tell(receiptHeadRemarks(heads, book));
    if (checked === undefined || checked.segments === 0) {
      this.#tell([...(checked?.remarks ?? []), note('custody.none', where, 'no custody log lies here')]);
      return;
    }
    this.#accounts.push(account);
    this.#totals.custody_segments += checked.segments;
    this.#totals.custody_entries += checked.entries;
    this.#totals.custody_checkpoints += checked.checkpoints;
    this.#tell(checked.remarks);
    await this.#compare(found, account);
  }

  async #compare({ where, station }: FoundCustody, account: LogAccount): Promise<void> {
    const kind = this.#place.kind === 'spool' ? 'spool' : 'vault';
    const { superseded } = this.#facts;
    const question = { where, account, held: this.#facts.heldOf(station), superseded, kind } as const;
    for (const name of missingRecordings(question))
      if (!this.#dockings.has(name) && !(await this.#cameMeanwhile(name, where)))
        this.#tell([missingRecording(where, name, account)]);
    this.#tell(accountRemarks(question));
  }

  /** The log is read behind the recordings: a living vault or spool may have taken one in between. */
  async #cameMeanwhile(name: string, custodyWhere: string): Promise<boolean> {
    const beside = join(this.#place.path, custodyWhere, '..');
    const folders = this.#place.kind === 'spool' ? ['ready', 'released'] : ['.'];
    for (const folder of folders)
      if ((await this.#options.files.stat(join(beside, folder, name))) !== undefined) return true;
    return false;
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

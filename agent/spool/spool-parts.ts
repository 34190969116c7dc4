// What a spool is made of, put together when it opens: what lies at the path, recovered, what works on it, and the look whether it is still there.
import type { PublicKey } from '../../protocol/documents/minisign.ts';
import { isDockError, systemCode } from '../../protocol/format/errors.ts';
import { FolderSyncs } from '../../protocol/format/folder-syncs.ts';
import type { Clock, Conditions, Files, Log, Random } from '../../protocol/format/ports.ts';
import { Snapshot } from '../custody/ledger-file.ts';
import { Reserve } from '../platform/reserve.ts';
import { Space } from '../platform/space.ts';
import { type Catalogue, ManifestChain } from './catalogue.ts';
import { Documents } from './documents.ts';
import { Findings, type RecoveryFinding } from './findings.ts';
import { confirmIdentity, openIdentity } from './identity.ts';
import { Intake } from './intake.ts';
import { spoolLayout, type SpoolLayout } from './layout.ts';
import { Leaving, Withdrawn } from './leaving.ts';
import { Quarantine } from './quarantine.ts';
import { type LooksIntoFolders, ReadyLooks } from './ready-looks.ts';
import { makeFolders, Recovery } from './recovery.ts';
import type { ReleasedRows } from './released-rows.ts';
import { Holdings, Released } from './released.ts';
import { emptySnapshot, type SpoolSnapshot } from './snapshot-rows.ts';
import { CatalogueEntry } from './spooled-recording.ts';
import { openStoreState, type StoreState } from './store-state.ts';
import { StoredReceipts } from './stored-receipts.ts';

export interface SpoolOptions {
  /** Absolute. */
  readonly path: string;
  /** Size of the written reserve for log and receipts; 0 for none. */
  readonly reserveBytes: number;
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly conditions: Conditions;
  /** Keys that signed our manifests: the one that signs now first, then old ones. */
  readonly stationKeys: readonly PublicKey[];
  readonly bulk: LooksIntoFolders;
  /** Looks at `ready/` that were begun before, under the spool's lock; undefined where they failed. */
  readonly looks?: Promise<ReadyLooks | undefined> | undefined;
  /** Where given, a stored receipt must verify with one of them before a payload is removed. */
  readonly storeKeys?: readonly PublicKey[];
}

type KeptOptions = Omit<SpoolOptions, 'looks'>;

/** What lies at the path, and what is known of it. */
interface Recovered {
  readonly id: string;
  readonly presence: Presence;
  readonly layout: SpoolLayout;
  readonly catalogue: Catalogue;
  readonly withdrawn: Withdrawn;
  /** What the last run knew of the store. */
  readonly store: StoreState;
  readonly rows: ReleasedRows;
  readonly quarantine: Quarantine;
  readonly reserve: Reserve;
  readonly syncs: FolderSyncs;
  readonly snapshot: SpoolSnapshot;
}

/** What is there, and what works on it. */
export interface SpoolParts extends Recovered {
  readonly documents: Documents;
  readonly receipts: StoredReceipts;
  readonly released: Released;
  readonly holdings: Holdings;
  readonly chain: ManifestChain;
  readonly space: Space;
  readonly intake: Intake;
  readonly leaving: Leaving;
}

/** Takes whatever lies at the path, or makes a spool of an empty folder. Errors: those of Spool.open. */
export async function openParts(
  options: SpoolOptions,
): Promise<{ readonly parts: SpoolParts; readonly findings: readonly RecoveryFinding[] }> {
  const { looks, ...kept } = options; // the parts live as long as the spool, and what the start looked at must not
  const { recovered, findings } = await recover(kept, looks);
  return { parts: composed(kept, recovered), findings };
}

async function recover(
  options: KeptOptions,
  looks: SpoolOptions['looks'],
): Promise<{
  readonly recovered: Recovered;
  readonly findings: readonly RecoveryFinding[];
}> {
  const { files, clock, log, conditions } = options;
  const layout = spoolLayout(options.path);
  const findings = new Findings(log);
  conditions.clear('spool.other-key', null); // the keys may be others by now
  const identity = await openIdentity(layout, options);
  const presence = new Presence({ layout, files, conditions }, identity.id);
  if (identity.found === 'made') findings.add('new-spool', layout.root, 'was an empty folder');
  if (identity.found === 'replaced') findings.add('id-replaced', 'spool.json', 'it could not be read');
  await makeFolders(files, layout, findings);
  const syncs = new FolderSyncs(files);
  const quarantine = await Quarantine.open(layout.quarantine, {
    files: presence.files,
    syncs,
    conditions,
  });
  const { bulk, stationKeys } = options;
  const takeLooks = async (): Promise<ReadyLooks> =>
    (await looks) ?? ReadyLooks.take(files, bulk, layout.ready);
  const known = { path: layout.snapshot, spool: identity.id, files: presence.files, clock, log };
  const [ready, snapshot] = await Promise.all([takeLooks(), Snapshot.open(known, emptySnapshot)]);
  const { rows: index } = snapshot.parts.recordings;
  const { rows, unfinished } = snapshot.parts.released;
  const recovery = new Recovery({ files, layout, quarantine, findings, index, rows, stationKeys });
  const catalogue = await recovery.run(ready);
  for (const recording of recovery.unfinished) unfinished.add(recording);
  snapshot.changed(recovery.factsRead);
  const withdrawn = new Withdrawn();
  for (const facts of recovery.asideReceipted) withdrawn.add(new CatalogueEntry(facts, 'receipted', layout));
  const store = await openStoreState({ files, layout, catalogue, rows, withdrawn, stationKeys, findings });
  const reserve = await Reserve.open(layout.reserve, options.reserveBytes, {
    ...options,
    files: presence.files,
  });
  const { id } = identity;
  return {
    recovered: {
      id,
      presence,
      layout,
      catalogue,
      rows,
      withdrawn,
      store,
      quarantine,
      reserve,
      syncs,
      snapshot,
    },
    findings: findings.list(),
  };
}

function composed(options: KeptOptions, recovered: Recovered): SpoolParts {
  const { presence, layout, catalogue, quarantine, reserve, snapshot } = recovered;
  const documents = new Documents(options, 'recording');
  const common = {
    ...options,
    ...recovered,
    documents,
    storeKeys: options.storeKeys ?? [],
    confirm: () => presence.confirm(),
    onChange: () => snapshot.changed(),
  };
  const receipts = new StoredReceipts({
    ...common,
    setAside: (...what) => quarantine.move(...what),
  });
  const released = new Released(common);
  const holdings = new Holdings({ ...common, released });
  const chain = new ManifestChain(catalogue, released, options.stationKeys, options.log);
  return {
    ...recovered,
    documents,
    receipts,
    released,
    holdings,
    chain,
    space: new Space({
      ...options,
      root: layout.root,
      reserveMissingBytes: () => reserve.missingBytes,
    }),
    intake: new Intake({ ...common, chain }),
    leaving: new Leaving({ ...common, chain, receipts, released }),
  };
}

// Whether the spool that was opened still shows at its path: the disk may be unmounted, or another one mounted in its place, at any moment.
//
// Invariant: no call of `files` makes, moves or removes a name below the spool's folder before its id was read there again.

const GONE_CONDITION = 'spool.gone';
const SHORT_CONDITION = 'station.short';

interface PresenceDeps {
  readonly layout: SpoolLayout;
  readonly files: Files;
  readonly conditions: Conditions;
}

/** Looks for one spool. */
class Presence {
  /** The same files; what changes names in the spool rejects like `confirm` while it is not there or nobody could look. */
  readonly files: Files;
  readonly #deps: PresenceDeps;
  readonly #id: string;
  #seen: Uint8Array | undefined;

  constructor(deps: PresenceDeps, id: string) {
    this.#deps = deps;
    this.#id = id;
    this.files = this.#careful(deps.files);
  }

  /**
   * Raises "spool.gone" where it is not there, and clears it where it is; a machine that has no handle or memory left to look with raises
   * "station.short", which says nothing of the spool. Errors: "spool.gone", "station.short".
   */
  async confirm(): Promise<void> {
    const { layout, files, conditions } = this.#deps;
    try {
      this.#seen = await confirmIdentity(layout, files, this.#id, this.#seen);
      conditions.clear(GONE_CONDITION, null);
      conditions.clear(SHORT_CONDITION, null);
    } catch (error) {
      if (isDockError(error, GONE_CONDITION)) conditions.raise(GONE_CONDITION, null, {});
      if (isDockError(error, SHORT_CONDITION))
        conditions.raise(SHORT_CONDITION, null, { reason: systemCode(error) ?? 'unknown' });
      throw error;
    }
  }

  #careful(files: Files): Files {
    const confirmed = async (path: string): Promise<void> => {
      if (path.startsWith(`${this.#deps.layout.root}/`)) await this.confirm();
    };
    return {
      makeFolder: (path) => confirmed(path).then(() => files.makeFolder(path)),
      create: (path) => confirmed(path).then(() => files.create(path)),
      open: (path, mode) => files.open(path, mode),
      rename: (from, to) => confirmed(to).then(() => files.rename(from, to)),
      unlink: (path) => confirmed(path).then(() => files.unlink(path)),
      removeTree: (path) => confirmed(path).then(() => files.removeTree(path)),
      syncFolder: (path) => files.syncFolder(path),
      list: (path) => files.list(path),
      stat: (path) => files.stat(path),
      readAll: (path, bytesMax) => files.readAll(path, bytesMax),
      freeBytes: (path) => files.freeBytes(path),
    };
  }
}

// Every kind of file that a station keeps in its spool and a store in its vault, and what has to come of it when it is damaged. A file that
// matches no row fails `every-file`: anybody who makes a new kind says here what a damaged one means.
//
// Outcomes:
// - `taken-again`: set aside and told; the recording is pulled again from its camera, and delivered.
// - `given-again`: set aside and told; the other end gives it once more, and nothing was erased for it.
// - `told`: nobody can make it again. It stays or is quarantined, and is reported; everything else goes on.
// - `rebuilt`: made again from what it was made from, or not needed any more. Nothing has to be told.
// - `refused`: the program does not start and says which file, and what to do.

const ID = '[a-z2-7]{26}';
const SHA = '[0-9a-f]{64}';

export type Side = 'spool' | 'vault';
export type Outcome = 'taken-again' | 'given-again' | 'told' | 'rebuilt' | 'refused';

export interface FileKind {
  readonly side: Side;
  readonly name: string;
  /** Of the path below spool or vault. */
  readonly path: RegExp;
  readonly outcome: Outcome;
  /** Damages with which the program does not start. */
  readonly refused?: RegExp;
  /** Damages with which the recording waits for a person, told by the file's name: nothing says any more what may be done with it. */
  readonly waits?: RegExp;
  /** Damages of which nobody has to speak. */
  readonly unsaid?: RegExp;
  /** What the judges may say of the file itself; its own ids read ID. */
  readonly leaves?: RegExp;
  /** It is not damaged by the points of this folder: why not, or the suite that does. */
  readonly notTried?: string;
}

const row = (
  side: Side,
  name: string,
  path: string,
  outcome: Outcome,
  more: Pick<FileKind, 'refused' | 'waits' | 'unsaid' | 'leaves' | 'notTried'> = {},
): FileKind => ({
  side,
  name,
  path: new RegExp(`^${path.replaceAll('ID', ID).replaceAll('SHA', SHA)}$`),
  outcome,
  ...more,
});

/** What a docking record says nobody can say again: it is missing in its camera's chain, and told as a gap. */
const LOST_DOCKING =
  /^\/spool\/dockings\/ID: |^docking record ID: |^docking ID: |^dockings of cam-\d: 2 records continue |^dockings of cam-\d: \d+ records do not belong|^custody: ID was receipted and is not in the vault/;
/** A log with a break proves less; what is not delivered, lost, doubled or erased is no matter of the log. */
const BROKEN_LOG = /^custody |^custody: |^docking(s of)? [a-z0-9-]+: /;
/** The very recording or record of that file. */
const ITSELF = /ID|NAME/;

const spool: readonly FileKind[] = [
  // A version that was turned is one of a newer program.
  row('spool', 'id file', String.raw`spool\.json`, 'rebuilt', { refused: /^not to be read|^bit/ }),
  row('spool', 'reserve', 'reserve', 'rebuilt'),
  row('spool', 'snapshot of the ledger', String.raw`ledger\.jsonl`, 'rebuilt'),
  row('spool', 'acknowledgement of differences', String.raw`acknowledgement\.json`, 'rebuilt'),
  row('spool', 'unfinished sealing', String.raw`staging/ID(/(payload\.age|chunks\.bin))?`, 'rebuilt'),
  row('spool', 'manifest', String.raw`ready/ID/manifest\.json`, 'taken-again'),
  row('spool', 'signature of a manifest', String.raw`ready/ID/manifest\.json\.minisig`, 'taken-again'),
  row('spool', 'sealed recording', String.raw`ready/ID/payload\.age`, 'taken-again'),
  row('spool', 'digest list', String.raw`ready/ID/chunks\.bin`, 'taken-again'),
  // Not to be read: nor is the one that the store gives once more and that takes its place, so the file stays on its camera.
  row('spool', 'receipt', String.raw`ready/ID/receipt\.json`, 'given-again', { waits: /^not to be read/ }),
  row('spool', 'signature of a receipt', String.raw`ready/ID/receipt\.json\.minisig`, 'given-again', {
    waits: /^not to be read/,
  }),
  row('spool', 'released document', String.raw`released/ID/(manifest|receipt)\.json(\.minisig)?`, 'told', {
    leaves: /^\/spool\/released\/ID: /,
  }),
  row('spool', 'docking record', String.raw`dockings/ID/docking\.json`, 'told', { leaves: LOST_DOCKING }),
  row('spool', 'signature of a docking record', String.raw`dockings/ID/docking\.json\.minisig`, 'told', {
    leaves: LOST_DOCKING,
  }),
  row(
    'spool',
    'receipt of a docking record',
    String.raw`dockings/ID/receipt\.json(\.minisig)?`,
    'given-again',
    // Of a camera's newest docking nobody needs it before the next one.
    { leaves: /^\/spool\/dockings\/ID(: | still waits$)/ },
  ),
  row('spool', 'opening of a docking', String.raw`docked/ID\.opening`, 'told'),
  row('spool', 'inventory of a docking', String.raw`docked/ID\.inventory`, 'told'),
  row('spool', 'what is known of the store', String.raw`store\.json`, 'rebuilt'),
  row('spool', 'vault whose receipts count', String.raw`pinned\.json`, 'rebuilt'),
  row('spool', 'custody segment', String.raw`custody/ID\.jsonl`, 'told', { leaves: BROKEN_LOG }),
  row('spool', 'signature of a custody segment', String.raw`custody/ID\.jsonl\.minisig`, 'told', {
    leaves: BROKEN_LOG,
  }),
];

const spoolElsewhere: readonly FileKind[] = [
  row(
    'spool',
    'proof of a recipient',
    String.raw`proofs/[0-9a-f]{16}\.(json(\.minisig)?|challenge)`,
    'told',
    {
      notTried: 'key-files',
    },
  ),
  row('spool', 'key change', String.raw`keys/[0-9a-f]{16}\.change\.json(\.(new\.)?minisig)?`, 'told', {
    notTried: 'key-files',
  }),
  row('spool', 'control socket', String.raw`control\.sock`, 'rebuilt', { notTried: 'control-socket' }),
  row('spool', 'quarantine', 'quarantine/.+', 'told', { notTried: 'what lies there is odd already' }),
  row('spool', 'record in the making', String.raw`docked/ID\.(record|gone)(/.+)?`, 'rebuilt', {
    notTried: 'removed by every start, whatever it holds',
  }),
  row('spool', 'unfinished write', String.raw`(.+/)?[^/]+\.new`, 'rebuilt', {
    notTried: 'removed by every start, whatever it holds',
  }),
];

const vault: readonly FileKind[] = [
  row('vault', 'vault id', String.raw`vault\.json`, 'refused', { refused: /./ }),
  row('vault', 'manifest in place', String.raw`[a-z0-9-]+/ID/manifest\.json(\.minisig)?`, 'told', {
    leaves: /ID|NAME|^docking /, // its own id may be what was altered
  }),
  row('vault', 'recording in place', String.raw`[a-z0-9-]+/ID/(payload\.age|chunks\.bin)`, 'told', {
    leaves: ITSELF,
  }),
  row('vault', 'receipt in place', String.raw`[a-z0-9-]+/ID/receipt\.json(\.minisig)?`, 'told', {
    leaves: ITSELF,
  }),
  row('vault', 'docking record in place', String.raw`[a-z0-9-]+/ID/docking\.json(\.minisig)?`, 'told', {
    // Nobody looks at it but `verify`, for which the records behind it hang in the air.
    leaves: /ID|NAME|^docking(s of)? /,
  }),
  row('vault', 'custody segment of a station', String.raw`[a-z0-9-]+/custody/ID\.jsonl`, 'given-again', {
    // A receiver reads the end of a segment; a break before it is found by `bodydock verify`.
    leaves: /^custody ID\.jsonl in \/vault|^custody: the vault's ID is not/,
    unsaid: /^cut to nothing/, // as a cut leaves a name whose bytes were not synced
  }),
  row('vault', 'newest segment of a station', String.raw`[a-z0-9-]+/custody/newest\.json`, 'rebuilt'),
  row(
    'vault',
    'upload under way',
    String.raw`\.incoming/[a-z0-9-]+/ID/(manifest\.json(\.minisig)?|payload\.age|chunks\.(bin|partial))`,
    'given-again',
  ),
  // Nobody was told of it: the next start removes it, and the station offers the record again.
  row(
    'vault',
    'docking record on its way into its place',
    String.raw`\.incoming/\.new/[a-z0-9-]+-ID\.docking/(docking|receipt)\.json(\.minisig)?`,
    'rebuilt',
    { notTried: 'there for some milliseconds: vault-files' },
  ),
  row('vault', 'note of the run of a receiver', String.raw`\.leases/run\.json`, 'rebuilt'),
  row(
    'vault',
    'mark of a docking record',
    String.raw`\.dockings/[a-z0-9-]+/(held/SHA|missing/SHA\.[a-z0-9-]+)`,
    'rebuilt',
  ),
  row(
    'vault',
    "checkpoint of the store's log",
    String.raw`r-[a-z0-9-]+/log/([0-9a-f]{16}/)?checkpoint`,
    'rebuilt',
  ),
  row(
    'vault',
    "tile of the store's log",
    String.raw`r-[a-z0-9-]+/log/([0-9a-f]{16}/)?tile/\d/(x\d{3}/)*\d{3}(\.p/\d+)?`,
    'rebuilt',
  ),
];

/** Made by hand, by the clock, or by a person's order: each altered in the suites of `verify`, which nobody but a person asks. */
const vaultElsewhere: readonly FileKind[] = [
  row('vault', 'log of the store', String.raw`r-[a-z0-9-]+/custody/ID\.jsonl(\.minisig)?`, 'told', {
    notTried: 'manipulations',
  }),
  row(
    'vault',
    'statement of a restored vault',
    String.raw`r-[a-z0-9-]+/restored/[0-9a-f]{16}\.json((\.(officer|supervisor))?\.minisig)?`,
    'told',
    {
      notTried: 'vault-words',
    },
  ),
  row(
    'vault',
    'deletion record',
    String.raw`[a-z0-9-]+/ID/(deletion\.json(\.minisig)?|deleting\.tmp)`,
    'told',
    {
      notTried: 'flipped-bits',
    },
  ),
  row(
    'vault',
    'order',
    String.raw`[a-z0-9-]+/orders/ID/order\.json(\.(officer|supervisor)\.minisig)?`,
    'told',
    {
      notTried: 'manipulations',
    },
  ),
  row(
    'vault',
    'key document',
    String.raw`[a-z0-9-]+/keys/[0-9a-f]{16}\.(change|revocation)\.json.*`,
    'told',
    {
      notTried: 'manipulations',
    },
  ),
  row('vault', 'disclosure', String.raw`\.disclosures/ID(\.(officer|supervisor))?\.json`, 'told', {
    notTried: 'retention',
  }),
  row('vault', 'lock', String.raw`\.leases/(log-r-[a-z0-9-]+|retention)(/.*)?`, 'rebuilt', {
    notTried: 'an empty folder: its name is all there is of it',
  }),
  row('vault', 'quarantine of the vault', String.raw`\.quarantine/.+`, 'told', {
    notTried: 'what lies there is odd already',
  }),
  row('vault', 'unfinished write of the vault', String.raw`.+\.tmp`, 'rebuilt', {
    notTried: 'written anew, whatever it holds',
  }),
];

export const FILE_KINDS: readonly FileKind[] = [...spool, ...spoolElsewhere, ...vault, ...vaultElsewhere];

/** The row of a path; undefined where nobody wrote one. */
export function kindOf(side: Side, path: string): FileKind | undefined {
  return FILE_KINDS.find((kind) => kind.side === side && kind.path.test(path));
}

// Names of files and folders in spools, vaults and kits (SPEC 4.4), each once.

/** Documents; beside each lies its signature. */
export const MANIFEST = 'manifest.json';
export const DOCKING = 'docking.json';
/** Of the staff: answers, words. */
export const REPORT = 'report.json';
export const TEXT = 'text.json';
export const RECEIPT = 'receipt.json';
export const DELETION = 'deletion.json';
/** Signed by roles: SPEC 4.8, 4.16. */
export const ORDER = 'order.json';
export const POLICY = 'policy.json';
/** By one evaluator: SPEC 4.18. */
export const EVALUATION = 'evaluation.json';

export const PAYLOAD = 'payload.age';
export const CHUNKS = 'chunks.bin';

/** Ending of a segment of a custody log. */
export const SEGMENT_SUFFIX = '.jsonl';
/** What the name of a file is followed by in the name of its signature. */
export const SIGNATURE_SUFFIX = '.minisig';

/** Which vault it is; at its top. */
export const VAULT_ID = 'vault.json';
/** In the custody folder of a vault: names the segment that was begun last, as a hint for the receiver. */
export const NEWEST_SEGMENT = 'newest.json';

/** Folders of a station or receiver in a vault. */
export const CUSTODY = 'custody';
export const KEYS = 'keys';
/** The tree of a store's log, and its checkpoint there. */
export const LOG = 'log';
export const CHECKPOINT = 'checkpoint';
/** Beside it: the newest checkpoint that witnesses cosigned, and the folder of time stamps (SPEC 4.15.24, 4.15.26). */
export const COSIGNED = 'cosigned';
export const TIMESTAMPS = 'timestamps';
export const WITNESS = 'witness';
export const ORDERS = 'orders';
/** In it a folder a recording, in that a folder a key. */
export const EVALUATIONS = 'evaluations';
/** What a segment's signed head is called in a kit, whose logs lie in `LOG` (SPEC 4.13.5). */
export const HEAD_SUFFIX = '.head.json';
/** Deletion records of which the other documents were dropped. */
export const DELETIONS = 'deletions';
export const RESTORED = 'restored';
/** At the top of a vault. */
export const POLICIES = 'policies';

/** What a recording that was sealed cannot be without, beside its signed manifest. */
export const SEALED_NAMES: readonly string[] = [PAYLOAD, CHUNKS];
/** All names that a recording may have in a vault, whole or deleted. */
export const RECORDING_NAMES: ReadonlySet<string> = new Set([
  ...signed(MANIFEST, RECEIPT, DELETION),
  ...SEALED_NAMES,
]);
/** What stays of a recording in a spool after the sealed copy was reclaimed. */
export const RELEASED_NAMES: readonly string[] = signed(MANIFEST, RECEIPT);
/** All names that a part of a docking record may have. */
export const DOCKING_NAMES: ReadonlySet<string> = new Set(signed(DOCKING, RECEIPT));

/** Documents with the names of their signatures. */
export function signed(...names: readonly string[]): string[] {
  return names.flatMap((name) => [name, name + SIGNATURE_SUFFIX]);
}

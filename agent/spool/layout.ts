// Where things lie in the spool, and what names in its folders say: the only place that builds a path below `spool.path`. Touches no disk.
import { join } from 'node:path';
import { UNFINISHED_SUFFIX } from '../../protocol/format/durable.ts';
import * as names from '../../protocol/format/file-names.ts';
import type { RecordingId } from '../../protocol/format/ids.ts';

/** Files of a recording's folder, and the documents of a docking record's. */
export const MANIFEST_NAME = names.MANIFEST;
export const MANIFEST_SIGNATURE_NAME = names.MANIFEST + names.SIGNATURE_SUFFIX;
export const PAYLOAD_NAME = names.PAYLOAD;
export const CHUNKS_NAME = names.CHUNKS;
export const RECEIPT_NAME = names.RECEIPT;
export const RECEIPT_SIGNATURE_NAME = names.RECEIPT + names.SIGNATURE_SUFFIX;
export const DOCKING_NAME = names.DOCKING;

/** What a durable recording cannot be without. */
export const SEALED_NAMES: readonly string[] = [...names.signed(names.MANIFEST), ...names.SEALED_NAMES];
export const RECEIPT_NAMES: readonly string[] = names.signed(names.RECEIPT);
export { RELEASED_NAMES } from '../../protocol/format/file-names.ts';

/** Absolute paths of one spool. */
export interface SpoolLayout {
  readonly root: string;
  /** The id file: says that this folder is a spool, of which version, and which one. */
  readonly identity: string;
  /** Unfinished sealings. */
  readonly staging: string;
  /** Durable recordings. */
  readonly ready: string;
  /** Documents of recordings whose payload was reclaimed. */
  readonly released: string;
  /** Durable docking records, one folder a part. */
  readonly dockings: string;
  /** Durable reports and texts of the staff, one folder each; and what was given today, of which they are made once the day is over. */
  readonly reports: string;
  readonly texts: string;
  readonly given: string;
  /** Journals of dockings that are open, and records that are not whole yet. */
  readonly docked: string;
  /** What the station must not forget of its store (store-state.ts). */
  readonly store: string;
  /** The vault whose receipts count (store-state.ts); rebuilt by the next receipt where it is damaged. */
  readonly pinned: string;
  /** The policy that the station holds, with its signatures. */
  readonly policy: string;
  /** Marks of 0.1.0: names of what its store had asked for again. */
  readonly asked: string;
  /** Notes of tries that are under way and what is remembered of those that broke off, see tries/tries.ts; made at the start. */
  readonly tries: string;
  /** What was odd, moved aside under its name. */
  readonly quarantine: string;
  /** Custody log, written by custody-log.ts. */
  readonly custody: string;
  /** Recipient proofs (SPEC 4.5). */
  readonly proofs: string;
  /** Written space for log and documents when the disk is full. */
  readonly reserve: string;
  /** Rebuildable snapshot of what the custody log says and of facts from manifests (custody/ledger-file.ts). */
  readonly snapshot: string;
  /** A person's word that differences were looked at, until the agent has entered it (custody/acknowledgement.ts). */
  readonly acknowledgement: string;
  /** Words of people that a camera is out of use, until the agent has entered them (custody/retirement.ts); made with the first one. */
  readonly retirements: string;
  /** From which cameras files vanished (bay/vanished-memory.ts). */
  readonly vanished: string;
}

/** Paths below the spool's folder. */
export function spoolLayout(path: string): SpoolLayout {
  const below = (name: string): string => join(path, name);
  return {
    root: path,
    identity: below('spool.json'),
    staging: below('staging'),
    ready: below('ready'),
    released: below('released'),
    dockings: below('dockings'),
    reports: below('reports'),
    texts: below('texts'),
    given: below('given.json'),
    docked: below('docked'),
    store: below('store.json'),
    pinned: below('pinned.json'),
    policy: below('policy.json'),
    asked: below('asked'),
    tries: below('tries'),
    quarantine: below('quarantine'),
    custody: below(names.CUSTODY),
    proofs: below('proofs'),
    reserve: below('reserve'),
    snapshot: below('ledger.jsonl'),
    acknowledgement: below('acknowledgement.json'),
    retirements: below('retirements'),
    vanished: below('vanished.json'),
  };
}

/** Folders that every spool has. */
export function spoolFolders(layout: SpoolLayout): string[] {
  const { staging, ready, released, dockings, docked, quarantine, custody, proofs } = layout;
  return [staging, ready, released, dockings, docked, quarantine, custody, proofs];
}

/** Where a recording is sealed into, before it is durable. The sealing writes the payload and the chunk list. */
export interface Staging {
  readonly recording: RecordingId;
  readonly folder: string;
  readonly payloadPath: string;
  readonly chunksPath: string;
}

/** Paths of an unfinished sealing. */
export function stagingOf(layout: SpoolLayout, recording: RecordingId): Staging {
  const folder = join(layout.staging, recording);
  return {
    recording,
    folder,
    payloadPath: join(folder, PAYLOAD_NAME),
    chunksPath: join(folder, CHUNKS_NAME),
  };
}

// What the names in a folder of the spool say: which are missing, which are left over, which are not ours.

/** Names in a recording's folder, sorted out. */
export interface FolderNames {
  readonly missing: readonly string[];
  /** Both receipt files are there. */
  readonly receipted: boolean;
  /** Ours and never claimed: unfinished writes, half of a receipt. May be removed. */
  readonly leftovers: readonly string[];
  /** Not ours. */
  readonly unknown: readonly string[];
}

/** Sorts out the names of a folder that must hold `wanted`, and may hold a receipt and what is `allowed`. */
export function sortNames(
  names: readonly string[],
  wanted: readonly string[],
  allowed: readonly string[] = [],
): FolderNames {
  const there = new Set(names);
  const receipted = RECEIPT_NAMES.every((name) => there.has(name));
  const known = new Set([...wanted, ...allowed, ...(receipted ? RECEIPT_NAMES : [])]);
  const ours = new Set([...SEALED_NAMES, ...RECEIPT_NAMES].map((name) => name + UNFINISHED_SUFFIX));
  if (!receipted) for (const name of RECEIPT_NAMES) ours.add(name);
  const others = names.filter((name) => !known.has(name));
  return {
    missing: wanted.filter((name) => !there.has(name)),
    receipted,
    leftovers: others.filter((name) => ours.has(name)),
    unknown: others.filter((name) => !ours.has(name)),
  };
}

// The calls between bulk-workers.ts and its threads: names, what goes in, what comes out. Types only.
import type { Piece } from '../../drivers/driver.ts';
import type { SealJob, SealResult, ResumeDifference } from './bulk.ts';
import type { FolderLooks, FoldersWanted } from './folder-look.ts';
import type { UnitPlace } from './unit-read.ts';
import type { TagMemory } from './unit-tags.ts';

/** What the threads of one process share. */
export interface BulkThreadData {
  readonly tags: TagMemory;
}

/** A pass is named by a number that no other pass of this process has, so a new worker never takes an old one's calls for its own. */
type OfPass<Args = object> = { readonly pass: number } & Args;

/** What a bulk worker answers. */
export type BulkCalls = {
  readonly ready: { readonly args: null; readonly result: void };
  readonly startSeal: { readonly args: OfPass<{ readonly job: SealJob }>; readonly result: void };
  readonly startDigest: { readonly args: OfPass; readonly result: void };
  readonly write: { readonly args: OfPass<{ readonly piece: Piece }>; readonly result: void };
  readonly resumeDifference: {
    readonly args: OfPass<{ readonly bytes: Uint8Array }>;
    readonly result: ResumeDifference | undefined;
  };
  readonly finishSeal: { readonly args: OfPass; readonly result: SealResult };
  readonly finishDigest: {
    readonly args: OfPass;
    readonly result: { readonly sizeBytes: number; readonly sha256: string };
  };
  readonly abort: { readonly args: OfPass; readonly result: void };
  readonly readUnit: { readonly args: UnitPlace; readonly result: Uint8Array<ArrayBuffer> };
  readonly lookInto: { readonly args: FoldersWanted; readonly result: FolderLooks };
  readonly sealSmall: {
    readonly args: { readonly bytes: Uint8Array; readonly recipients: readonly string[] };
    readonly result: Uint8Array;
  };
};

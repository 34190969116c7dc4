// What the station knows of one part of a docking record without touching the disk: facts of its document, and how far it got.
import { join } from 'node:path';
import * as z from 'zod';
import { parseUtf8, sha256Hex } from '../../protocol/format/bytes.ts';
import { dockingRecordFields } from '../../protocol/documents/docking-record.ts';
import * as d from '../../protocol/documents/document.ts';
import { DockError } from '../../protocol/format/errors.ts';
import {
  parseRecordingId,
  type BayId,
  type CameraId,
  type DockingId,
  type RecordingId,
} from '../../protocol/format/ids.ts';
import { signatureKeyId } from '../../protocol/documents/minisign.ts';
import { NO_CHUNKS_SHA256 } from '../../protocol/documents/item-documents.ts';
import type { DockingStay } from './ended-docking.ts';
import type { StoredDocument } from '../spool/document-store.ts';
import type { SpoolState } from '../spool/spooled-recording.ts';

/** Facts of a durable part; they never change. */
export interface RecordFacts {
  /** The record's id, as it is pushed and receipted under. */
  readonly recording: RecordingId;
  readonly docking: DockingId;
  readonly camera: CameraId;
  readonly part: number;
  readonly parts: number;
  readonly dockedAt: string;
  /** Null where nobody saw the end. */
  readonly endedAt: string | null;
  readonly bay: BayId;
  /** As the document says it. */
  readonly ended: string;
  /** The stay that the docking belongs to. */
  readonly stay: DockingStay;
  readonly clockSynchronised: boolean | null;
  /** Camera minus station when the docking was over: after it was set, else as read; null where the clock was not read. */
  readonly clockLeft: { readonly offsetMs: number; readonly uncertaintyMs: number } | null;
  /** The first listing was taken and had no problems. */
  readonly isListed: boolean;
  readonly previousSha256: string | null;
  readonly manifestSha256: string;
  /** Of the key that signed it, as its signature says; null where that cannot be read. */
  readonly keyId: string | null;
}

const offset = z.object({ offset_ms: z.int(), uncertainty_ms: z.int() });

/** Only what a start needs: the rest, 256 entries among it, is parsed before it is used for anything. */
const headSchema = z.object({
  type: z.literal('docking-record'),
  version: z.literal([1, 2, 3]),
  docking: d.dockingIdSchema,
  record: d.recordingIdSchema,
  bay: d.bayIdSchema,
  camera: z.object({ id: d.cameraIdSchema }),
  part: z.int().min(1),
  parts: z.int().min(1),
  docked_at: d.instantSchema,
  ended_at: d.instantSchema.nullable(),
  ended: z.string(),
  // Not in version 1.
  stay: d.dockingIdSchema.optional(),
  stay_docked_at: d.instantSchema.nullish(),
  plug: dockingRecordFields.shape.plug.optional(),
  clock_synchronised: z.boolean().nullable(),
  camera_clock: offset.extend({ set: offset.nullable() }).nullable(),
  inventory: z.object({ complete: z.boolean() }).nullable(),
  previous_docking_sha256: d.sha256Schema.nullable(),
});

/** The facts of a document and its signature, neither of them verified. Errors: "document.refused". */
export function factsOfRecord(bytes: Uint8Array, signature: string): RecordFacts {
  const head = headSchema.safeParse(parseJson(bytes));
  if (!head.success)
    throw new DockError('document.refused', 'docking record refused: it does not parse', {
      retry: 'never',
      cause: head.error,
    });
  const { data } = head;
  const left = data.camera_clock?.set ?? data.camera_clock;
  return {
    recording: parseRecordingId(data.record),
    docking: data.docking,
    camera: data.camera.id,
    part: data.part,
    parts: data.parts,
    dockedAt: data.docked_at,
    endedAt: data.ended_at,
    bay: data.bay,
    ended: data.ended,
    stay: {
      stay: data.stay ?? data.docking,
      stay_docked_at: data.stay === undefined ? data.docked_at : (data.stay_docked_at ?? null),
      plug: data.plug ?? null,
    },
    clockSynchronised: data.clock_synchronised,
    clockLeft: left && { offsetMs: left.offset_ms, uncertaintyMs: left.uncertainty_ms },
    isListed: data.inventory?.complete === true,
    previousSha256: data.previous_docking_sha256,
    manifestSha256: sha256Hex(bytes),
    keyId: signatureKeyId(signature) ?? null,
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(parseUtf8(bytes) ?? '');
  } catch {
    return undefined;
  }
}

/** One part in the spool; only docking-records.ts changes its state, and its facts where those that a start read did not verify. Structurally a thing to push, and an owner of a receipt. */
export class StoredRecord implements StoredDocument {
  facts: RecordFacts;
  readonly folder: string;
  readonly locked = false as const;
  readonly sealedSizeBytes = 0 as const;
  readonly chunksSha256 = NO_CHUNKS_SHA256;
  state: SpoolState;

  /** `dockings` is the folder of all records. */
  constructor(facts: RecordFacts, state: SpoolState, dockings: string) {
    this.facts = facts;
    this.state = state;
    this.folder = join(dockings, facts.recording);
  }

  get recording(): RecordingId {
    return this.facts.recording;
  }
  get keyId(): string | null {
    return this.facts.keyId;
  }
  get manifestSha256(): string {
    return this.facts.manifestSha256;
  }
  /** End of its docking in ms since 1970; null where nobody saw it. */
  get endedAtMs(): number | null {
    const { endedAt } = this.facts;
    return endedAt === null ? null : Date.parse(endedAt);
  }
  /** Orders what waits for its turn: the end of the docking, or its beginning where nobody saw the end, then the part. */
  get sealedAt(): string {
    return `${this.facts.endedAt ?? this.facts.dockedAt} ${String(this.facts.part).padStart(4, '0')}`;
  }
}

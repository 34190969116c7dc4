// Whose custody log lies in a spool. A spool goes on as the same station's only: what waits in it is sealed and named as that station's, and no
// store would take it under the topics of another one. Nor does it go on with a key that it put aside: of what that signs behind what the next one
// signed, a verifier believes nothing (SPEC 4.9.2).
import { bufferOf, parseUtf8 } from '../../protocol/format/bytes.ts';
import { parseCustodyEntry } from '../../protocol/custody/custody-entry.ts';
import { listIfThere } from '../../protocol/format/durable.ts';
import { DockError, isMachineShort, systemCode } from '../../protocol/format/errors.ts';
import { isSegmentId, type SegmentId, type StationId } from '../../protocol/format/ids.ts';
import { SIGNATURE_FILE_BYTES_MAX } from '../../protocol/format/limits.ts';
import { keyIdHex, signatureKeyId, type PublicKey } from '../../protocol/documents/minisign.ts';
import type { Files } from '../../protocol/format/ports.ts';
import { lookPatiently } from '../platform/look-patiently.ts';
import { readOpening } from './custody-ends.ts';
import { segmentOf, segmentPath, segmentSignaturePath } from './custody-segments.ts';

/** A segment is ended above 2 MiB; longer ones are none of ours. */
const SEGMENT_READ_BYTES_MAX = 16 * 1024 * 1024;
const CHECKPOINT = '"event":"checkpoint"';
const LF = 0x0a;

/** All segments are of one station: the first that can be read says which. */
const LOOKED_AT_MAX = 16;

/**
 * Changes nothing.
 * Errors: "spool.other-station"; the system's where the folder cannot be listed, or the machine is short of something.
 */
export async function refuseOtherStation(files: Files, folder: string, station: StationId): Promise<void> {
  const owner = await ownerOf(files, folder);
  if (owner === undefined || owner === station) return;
  const message = `${folder} is the custody log of station ${owner}, and the configuration says station ${station}: put "station: ${owner}" back, or name a spool of its own for ${station}`;
  throw new DockError('spool.other-station', message, { retry: 'person' });
}

/** Undefined where there is no log yet, or nothing of it can be read. */
async function ownerOf(files: Files, folder: string): Promise<string | undefined> {
  for (const id of (await segmentsIn(files, folder)).slice(0, LOOKED_AT_MAX)) {
    try {
      const { facts } = await lookPatiently(() => readOpening(files, folder, id));
      if (typeof facts['station'] === 'string') return facts['station'];
    } catch (error) {
      if (isMachineShort(error)) throw error; // a damaged one is told of when the log is opened
    }
  }
  return undefined;
}

/**
 * Changes nothing. `later`: keys to which changes lead from the one that signs now, see KeyHistory; as long as none of them has signed anything
 * here, the change was not made.
 * Errors: "key.put-aside"; the system's where the folder cannot be listed, or the machine is short of something.
 */
export async function refusePutAsideKey(
  files: Files,
  folder: string,
  later: readonly PublicKey[],
): Promise<void> {
  if (later.length === 0) return;
  const ids = new Set(later.map(({ keyId }) => keyIdHex(keyId)));
  for (const segment of await segmentsIn(files, folder)) {
    const key = await signerOf(files, folder, segment);
    if (key === undefined || !ids.has(key)) continue;
    const message = `the signing key was changed to key ${key}, which has signed in ${folder} since: put that key back in the place of keys.signing_file, which is an earlier one`;
    throw new DockError('key.put-aside', message, { retry: 'person', facts: { key } });
  }
}

async function segmentsIn(files: Files, folder: string): Promise<SegmentId[]> {
  const ids = (await listIfThere(files, folder)).map(segmentOf).filter((id) => id !== undefined);
  return ids.filter(isSegmentId);
}

/** The key that a segment is signed by, as it says itself; undefined where nobody can see that. Errors: the machine's. */
async function signerOf(files: Files, folder: string, segment: SegmentId): Promise<string | undefined> {
  try {
    const path = segmentSignaturePath(folder, segment);
    const named = signatureKeyId(parseUtf8(await files.readAll(path, SIGNATURE_FILE_BYTES_MAX)) ?? '');
    if (named !== undefined) return named;
  } catch (error) {
    if (isMachineShort(error)) throw error; // one that is open has none
  }
  return newestCheckpointKey(files, segmentPath(folder, segment));
}

/** The key that the newest checkpoint of a segment names, which proves nothing; undefined where there is none, or the disk does not show it. */
async function newestCheckpointKey(files: Pick<Files, 'readAll'>, path: string): Promise<string | undefined> {
  let bytes: Buffer;
  try {
    bytes = bufferOf(await files.readAll(path, SEGMENT_READ_BYTES_MAX));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
  for (let at = bytes.lastIndexOf(CHECKPOINT); at >= 0; at = bytes.lastIndexOf(CHECKPOINT, at - 1)) {
    const end = bytes.indexOf(LF, at);
    const line = bytes.subarray(bytes.lastIndexOf(LF, at) + 1, end < 0 ? bytes.length : end);
    const keyId = checkpointKeyId(line);
    if (keyId !== undefined) return keyId;
    if (at === 0) break;
  }
  return undefined;
}

function checkpointKeyId(line: Uint8Array): string | undefined {
  try {
    const { event, facts } = parseCustodyEntry(line);
    return event === 'checkpoint' ? signatureKeyId(String(facts['signature'])) : undefined;
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

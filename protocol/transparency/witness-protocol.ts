// What a log and a witness say to each other: add-checkpoint of C2SP tlog-witness. Pure; how it travels is not its business.
import { encodeBase64, parseUtf8 } from '../format/bytes.ts';
import { formatNote, type NoteKey, parseNote, verifyNote, type VerifiedSignature } from './signed-note.ts';
import { DockError } from '../format/errors.ts';

/** Longest answer that is read: some signature lines, or a number. */
export const WITNESS_ANSWER_BYTES_MAX = 16 * 1024;

/** Body of a request: `old` is the size that the witness saw last, `proof` leads from there to the size of the checkpoint. */
export function addCheckpoint(old: number, proof: readonly Uint8Array[], note: string): string {
  return `old ${old}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${note}`;
}

/**
 * What a witness answered. `cosigned` has its signature line with LF and the time that it says (seconds since 1970); `conflict` the size that it
 * saw last; `inconsistent` means that the proof does not lead from there to the checkpoint; `refused` is everything else.
 */
export type WitnessAnswer =
  | { readonly kind: 'cosigned'; readonly line: string; readonly time: number }
  | { readonly kind: 'conflict'; readonly size: number }
  | { readonly kind: 'inconsistent' }
  | { readonly kind: 'refused'; readonly status: number };

/** Reads an answer to the checkpoint of that note. A 200 without a line of that key that verifies is refused. Never throws. */
export function readWitnessAnswer(
  { status, body }: { readonly status: number; readonly body: Uint8Array },
  note: string,
  key: NoteKey,
): WitnessAnswer {
  const text = parseUtf8(body) ?? '';
  if (status === 409 && /^(?:0|[1-9]\d{0,14})\n?$/.test(text))
    return { kind: 'conflict', size: Number(text) };
  if (status === 422) return { kind: 'inconsistent' };
  if (status === 200)
    for (const line of text.split('\n')) {
      const time = cosignedBy(note, `${line}\n`, key)?.time;
      if (time !== undefined && time !== null) return { kind: 'cosigned', line: `${line}\n`, time };
    }
  return { kind: 'refused', status };
}

/** The signature of `key` in a line under the text of a note; undefined where there is none, or none that verifies. */
function cosignedBy(note: string, line: string, key: NoteKey): VerifiedSignature | undefined {
  try {
    return verifyNote(parseNote(formatNote(parseNote(note).text, [line])), [key])[0];
  } catch (error) {
    if (error instanceof DockError) return undefined;
    throw error;
  }
}

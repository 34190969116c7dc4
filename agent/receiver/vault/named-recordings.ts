// What a short id means: the folders of a vault whose ids begin with it.
import { join } from 'node:path';
import { listIfThere } from '../../../protocol/format/durable.ts';
import { DockError } from '../../../protocol/format/errors.ts';
import { isRecordingId, isStationId } from '../../../protocol/format/ids.ts';
import type { Files } from '../../../protocol/format/ports.ts';
import type { RecordingName } from './vault.ts';

/** A beginning of fewer characters is refused: it soon means another recording than today. */
const BEGINNING = /^[a-z2-7]{4,26}$/;
const NAMED_MAX = 20;

/**
 * The one recording or docking record of a vault whose id begins with that word; of one station, where that is named.
 * Errors: "usage" for no beginning of an id, for one that fits none or several; the system's.
 */
export async function namedRecording(
  files: Pick<Files, 'list'>,
  vault: string,
  word: string,
  station?: string,
): Promise<RecordingName> {
  if (!BEGINNING.test(word))
    throw usage(
      `${JSON.stringify(word.slice(0, 80))} is no id, and no beginning of one of 4 or more characters`,
    );
  if (station !== undefined && isStationId(station) && isRecordingId(word))
    return { station, recording: word };
  const found: RecordingName[] = [];
  for (const name of await listIfThere(files, vault)) {
    if (!isStationId(name) || name !== (station ?? name)) continue;
    const ids = (await listIfThere(files, join(vault, name))).filter(isRecordingId);
    for (const recording of ids) if (recording.startsWith(word)) found.push({ station: name, recording });
  }
  const [first, ...others] = found;
  if (first === undefined)
    throw usage(
      `nothing in ${vault} has an id that begins with ${word}: \`bodydock ls\` lists what there is`,
    );
  if (others.length === 0) return first;
  const named = found.slice(0, NAMED_MAX).map((each) => `\n  ${each.station} ${each.recording}`);
  throw usage(`${word} fits ${found.length}; name one of them by more characters:${named.join('')}`);
}

function usage(message: string): DockError {
  return new DockError('usage', message, { retry: 'person' });
}

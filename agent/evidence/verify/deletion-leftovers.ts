// What of a payload lies beside its deletion record (SPEC 4.7): a deletion that was cut off, or, where the store's log says that it was
// over, bytes that somebody put back.
import { join } from 'node:path';
import type { PlaceFacts } from './place-facts.ts';
import { statFile, type ReadFiles } from './read-files.ts';
import { finding, note, type Remark } from './remark.ts';
import type { StoreLog } from './store-log.ts';

/** What is looked at. `path` is the folder that is verified. */
export interface LeftoversQuestion {
  readonly files: ReadFiles;
  readonly path: string;
  readonly facts: PlaceFacts;
  readonly log: StoreLog;
}

/** A remark for each recording with such bytes. The log was read behind the folders, so that they are looked at anew. Errors: those of the machine. */
export async function leftoverRemarks({ files, path, facts, log }: LeftoversQuestion): Promise<Remark[]> {
  const remarks: Remark[] = [];
  for (const { name, where, leftovers } of facts.recordings.values()) {
    if (leftovers.length === 0) continue;
    const left: string[] = [];
    for (const file of leftovers)
      if ((await statFile(files, join(path, where, file))).kind !== 'missing') left.push(file);
    if (left.length === 0) continue; // a running receiver finished it meanwhile
    const words = `${left.join(' and ')} there beside a deletion record`;
    const over = log.deletions.get(name)?.deleted === true;
    remarks.push(
      over
        ? finding('deletion.put-back', where, `${words}; the store's log says that the deletion was over`, {
            recording: name,
          })
        : note('deletion.unfinished', where, words, { recording: name }),
    );
  }
  return remarks;
}

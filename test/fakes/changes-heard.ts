// Changes that say at once what was put.
import { Changes } from '../../agent/spool/changes.ts';

/** The same, with all that was put, in order. */
export class HeardChanges<Change> extends Changes<Change> {
  readonly heard: Change[] = [];

  override put(change: Change): void {
    this.heard.push(change);
    super.put(change);
  }
}

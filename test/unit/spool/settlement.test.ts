// A cut keeps the entry of what left the spool out of the log: the next start enters it, so that nobody waits for what is not there any more, and
// nobody is called for what lies in the quarantine.
import { expect, test } from 'vitest';
import { Differences } from '../../../agent/custody/differences.ts';
import { Settlement } from '../../../agent/spool/settlement.ts';
import { itemsAround, typeAround } from '../../fakes/items-around.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import type { SpoolState } from '../../../agent/spool/spooled-recording.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { makeRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { chainsOn, logDisk, openLog, type OpenedLog } from '../custody/custody-scenario.ts';

const X = makeRecordingId(seededRandom(11));
const layout = spoolLayout('/spool');
const SHA256 = 'a'.repeat(64);

const SPOOLED: CustodyEvent = { event: 'spooled', facts: { recording: X } };
const RECEIPTED: CustodyEvent = { event: 'receipted', facts: { recording: X, receipt_sha256: SHA256 } };
const ASKED: CustodyEvent = { event: 'asked-again', facts: { recording: X, receipt_sha256: SHA256 } };
const RECLAIMED: CustodyEvent = { event: 'spool-reclaimed', facts: { recording: X } };
const QUARANTINED: CustodyEvent = { event: 'quarantined', facts: { name: X, reason: 'damaged' } };
const DROPPED: CustodyEvent = { event: 'spool-documents-dropped', facts: { recording: X } };
const RECORDED: CustodyEvent = { event: 'docking-recorded', facts: { record: X } };
const LOST: CustodyEvent = {
  event: 'difference-found',
  facts: { difference: 'spool-lost', subject: X, sequence: null, sha256: null },
};

/** What is here of the recording. */
interface Place {
  readonly state?: SpoolState;
  readonly isRecord?: boolean;
  readonly aside?: readonly string[];
  readonly files?: readonly string[];
  /** Something that this run does before the start has compared. */
  readonly meanwhile?: (log: OpenedLog) => void;
}

const DOCUMENTS = [`${layout.released}/${X}/manifest.json`];

/** A run that logged this and was cut off, and a start that finds that place. Gives what the start entered, and what it shows. */
async function started(
  logged: readonly CustodyEvent[],
  place: Place,
): Promise<{ entered: string[]; shown: string[] }> {
  const disk = logDisk();
  const before = await openLog(disk, 1);
  for (const event of logged) before.custody.append(event);
  await before.custody.close();
  for (const path of place.files ?? []) disk.plant(path, new Uint8Array(1));
  const at = await openLog(disk, 2);
  const { custody, clock, conditions, log } = at;
  const spool = {
    stateOf: (name: RecordingId) => (name === X ? place.state : undefined),
    asideNames: place.aside ?? [],
  };
  const records = {
    stateOf: (): SpoolState | undefined => (place.isRecord === true ? 'receipted' : undefined),
  };
  const items = itemsAround({ types: [typeAround(spool), typeAround(records)] });
  const leavings = new Settlement({ items, custody, spool, layout, files: disk, clock, log });
  const differences = new Differences({
    custody,
    spool,
    leavings,
    levels: { put: () => undefined },
    files: disk,
    clock,
    conditions,
    log,
    acknowledgementFile: layout.acknowledgement,
  });
  const ending = new AbortController();
  const running = differences.run(ending.signal);
  for (let passedMs = 0; passedMs < 5000; passedMs += 50) await clock.advance(50);
  place.meanwhile?.(at);
  for (let passedMs = 0; passedMs < 20_000; passedMs += 500) await clock.advance(500);
  ending.abort();
  await clock.advance(1);
  await running;
  await custody.close();
  const all = [...chainsOn(disk).values()].flat().filter(({ event }) => !event.startsWith('segment-'));
  const names = all.filter(({ facts }) => Object.values(facts).includes(X)).map(({ event }) => event);
  for (const { event } of logged) names.splice(names.indexOf(event), 1);
  return { entered: names, shown: conditions.codes() };
}

test.each<readonly [string, readonly CustodyEvent[], Place, readonly string[]]>([
  [
    'a copy that was reclaimed',
    [SPOOLED, RECEIPTED],
    { state: 'released', files: DOCUMENTS },
    ['spool-reclaimed'],
  ],
  [
    'one that the store asked for again since',
    [SPOOLED, RECEIPTED, ASKED],
    { files: DOCUMENTS },
    ['spool-reclaimed'],
  ],
  ['a docking record that was reclaimed', [RECORDED, RECEIPTED], {}, ['spool-reclaimed']],
  ['a recording that was set aside', [SPOOLED], { aside: [X] }, ['quarantined']],
  ['one that was receipted before that', [SPOOLED, RECEIPTED], { aside: [X] }, ['quarantined']],
  ['the second one of its name there', [SPOOLED], { aside: [`${X}.2`] }, ['quarantined']],
  ['a docking record that was set aside', [RECORDED], { aside: [X] }, ['quarantined']],
])('%s is entered', async (_what, logged, place, entered) => {
  expect(await started(logged, place)).toEqual({ entered, shown: [] });
});

test.each<readonly [string, readonly CustodyEvent[], Place]>([
  ['a copy that is here', [SPOOLED, RECEIPTED], { state: 'receipted' }],
  [
    'one that waits for another receipt, with older documents in the quarantine',
    [SPOOLED, RECEIPTED, ASKED],
    { state: 'spooled', aside: [X] },
  ],
  ['a docking record that is here', [RECORDED, RECEIPTED], { isRecord: true }],
  [
    'one that the disk does not let be read',
    [RECORDED, RECEIPTED],
    { files: [`${layout.dockings}/${X}/docking.json`] },
  ],
  [
    'a copy that the disk did not let go',
    [SPOOLED, RECEIPTED],
    { state: 'released', files: [...DOCUMENTS, `${layout.released}/${X}/payload.age`] },
  ],
  ['what is not here at all, and may be on another disk', [SPOOLED, RECEIPTED], {}],
  ['a copy that went by its entry', [SPOOLED, RECEIPTED, RECLAIMED], { state: 'released', files: DOCUMENTS }],
  ['documents that went by theirs', [SPOOLED, RECEIPTED, DROPPED], {}],
  ['what was set aside by its entry', [SPOOLED, QUARANTINED], { aside: [X] }],
])('of %s nothing is entered', async (_what, logged, place) => {
  expect(await started(logged, place)).toEqual({ entered: [], shown: [] });
});

test.each<readonly [string, readonly CustodyEvent[], Place, CustodyEvent]>([
  ['reclaimed', [SPOOLED, RECEIPTED], { state: 'released', files: DOCUMENTS }, RECLAIMED],
  ['quarantined', [SPOOLED], { aside: [X] }, QUARANTINED],
])('what is %s at this moment is entered by whoever does it, once', async (_what, logged, place, event) => {
  const meanwhile = ({ custody }: OpenedLog): void => custody.append(event);
  expect(await started(logged, { ...place, meanwhile })).toEqual({ entered: [event.event], shown: [] });
});

test('a recording that is nowhere is called lost', async () => {
  expect(await started([SPOOLED], {})).toEqual({
    entered: ['difference-found'],
    shown: ['spool.recordings-lost'],
  });
});

test('one that an earlier start called lost is so no more once it is found in the quarantine', async () => {
  expect(await started([SPOOLED, LOST], { aside: [X] })).toEqual({
    entered: ['difference-gone', 'quarantined'],
    shown: [],
  });
});

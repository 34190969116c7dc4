// What `reconcile` found as text for the terminal, and as one JSON document. Pure.
import { isGood, type MissingRecording, type ReconciledStation } from '../reconcile/reconcile-vault.ts';
import { columns } from '../../../config/columns.ts';
import { count } from './preview-text.ts';

/** Rows of one station that a person still reads. `--json` has all of them. */
const ROWS_MAX = 200;

/** A station with the number of its recordings that are not whole yet because they are coming. */
export interface ShownStation extends ReconciledStation {
  readonly underWay: number;
}

/** Text for the terminal. */
export function reconcileText(stations: readonly ShownStation[]): string {
  const lines = stations.flatMap(stationLines);
  const bad = stations.filter((station) => !isGood(station)).length;
  lines.push(
    bad === 0
      ? 'good: what the stations’ logs tell of is here'
      : `${count(bad, 'station')} of ${stations.length} to look at`,
  );
  return `${lines.join('\n')}\n`;
}

/** The same as one JSON document. */
export function reconcileJson(stations: readonly ShownStation[]): string {
  const shown = stations.map((found) => ({
    station: found.station,
    good: isGood(found),
    receipted: found.receipted,
    waiting: found.waiting,
    under_way: found.underWay,
    lost: found.missing.filter(isLost).map(missingJson),
    missing: found.missing.filter((each) => !isLost(each)).map(missingJson),
    incomplete: found.incomplete.map(({ recording, what }) => ({ recording, what })),
    unreceipted: found.unreceipted.map(({ recording, what }) => ({ recording, what })),
    ahead: found.ahead.map(({ head, held }) => ({ ...head, held_sequence: held })),
  }));
  return `${JSON.stringify({ good: stations.every(isGood), stations: shown })}\n`;
}

function isLost({ where }: MissingRecording): boolean {
  return where === 'nowhere';
}

function missingJson({ recording, kind, camera, where, receipt }: MissingRecording): object {
  return {
    recording,
    kind,
    camera,
    where,
    receiver: receipt?.receiver ?? null,
    receipted_at: receipt?.at ?? null,
    receipt_sha256: receipt?.sha256 ?? null,
  };
}

function stationLines(found: ShownStation): string[] {
  const { station, receipted, waiting, underWay, missing, incomplete, unreceipted, ahead } = found;
  const rows = [
    ...missing.filter(isLost).map((each) => rowOf('LOST', each)),
    ...missing.filter((each) => !isLost(each)).map((each) => rowOf('missing', each)),
    ...incomplete.map(({ recording, what }) => ['incomplete', recording, what]),
    ...unreceipted.map(({ recording, what }) => ['unreceipted', recording, what]),
    ...ahead.map(({ head, held }) => [
      'ahead',
      head.segment,
      `a receipt names entry ${head.sequence} of this segment of the station's log, the vault holds ${held}`,
    ]),
  ];
  const more = rows.length - ROWS_MAX;
  return [
    `${station}: ${receipted} here with receipt, ${waiting} at the station without, ${underWay} under way`,
    ...columns(rows.slice(0, ROWS_MAX)).map((line) => `  ${line}`),
    ...(more > 0 ? [`  ... and ${more} more: --json lists them`] : []),
  ];
}

function rowOf(head: string, { recording, kind, camera, where, receipt }: MissingRecording): string[] {
  const camerasWord = `of camera ${camera ?? '(not known)'}`;
  const of = {
    recording: `recording ${camerasWord}`,
    docking: `docking record ${camerasWord}`,
    document: 'report or text of the staff',
  }[kind];
  const by =
    receipt === null
      ? 'named by a docking record, and by nothing of the log'
      : `receipted ${receipt.at} by ${receipt.receiver}, receipt ${receipt.sha256}`;
  const places = { spool: 'in the spool of the station', camera: 'maybe still on its camera', nowhere: '' };
  const place = places[where];
  return [head, recording, [of, by, place].filter((part) => part !== '').join('; ')];
}

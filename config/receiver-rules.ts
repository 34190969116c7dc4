// What must hold between the values of the receiver's file. Values that did not pass the schema are absent.
import { encodeBase64 } from '../protocol/format/bytes.ts';
import { parsePublicKey } from '../protocol/documents/minisign.ts';
import { checkBroker } from './broker-config.ts';
import type { ReceiverFile } from './receiver-schema.ts';
import { placed, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';

/** Reports every rule that the file breaks. */
export function checkReceiver(file: Good<ReceiverFile>, report: RuleReport): void {
  const stations = file.stations ?? [];
  const ids = stations.map((station) => station?.id);
  report.unique(placed(ids, ['stations'], 'id'), 'station');
  // One key of two stations would let either speak for the other, so keys are compared over all of them as well.
  const keys = stations.flatMap((station, at) =>
    placed(station?.public_keys, ['stations', at, 'public_keys']).filter(
      ({ value }, number, all) => all.findIndex((other) => other.value === value) === number,
    ),
  );
  // A key of both roles would make one person two, and one of a station lies on a machine that nobody attends.
  const { officers = [], supervisors = [] } = file.roles ?? {};
  report.unique(
    [...keys, ...placed(officers, ['roles', 'officers']), ...placed(supervisors, ['roles', 'supervisors'])],
    'key',
    keyItself,
  );
  report.publicKeys(officers, ['roles', 'officers']);
  report.publicKeys(supervisors, ['roles', 'supervisors']);
  for (const [at, station] of stations.entries())
    report.publicKeys(station?.public_keys, ['stations', at, 'public_keys']);
  checkDays(file.retention, report);
  if (file.broker !== undefined) checkBroker(file.broker, report);
}

/** The key without its id, which anybody who holds the secret half can choose: two lines of two ids may be one key. */
function keyItself(line: string): string {
  try {
    return encodeBase64(parsePublicKey(line).key);
  } catch {
    return line; // is told as none
  }
}

/** Documents are the proof of a deletion: they must not be gone before it. */
function checkDays(retention: Good<ReceiverFile['retention']> | undefined, report: RuleReport): void {
  const { days, documents_days: documentsDays } = retention ?? {};
  if (days === undefined || documentsDays === undefined || documentsDays >= days) return;
  report.add(['retention', 'documents_days'], {
    code: 'config.value',
    message: 'is less than `days`',
    found: documentsDays,
    allowed: `at least ${days}`,
    remedy: 'keep documents at least as long as recordings',
  });
}

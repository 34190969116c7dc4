// What must hold between the values of the receiver's file. Groups that did not pass the schema are absent.
import { checkBroker } from './broker-config.ts';
import type { ReceiverFile } from './receiver-schema.ts';
import { placed, type RuleReport } from './rules.ts';

/** Reports every rule that the file breaks. */
export function checkReceiver(file: Partial<ReceiverFile>, report: RuleReport): void {
  const stations = file.stations ?? [];
  report.unique(
    stations.map((station, at) => ({ path: ['stations', at, 'id'], value: station.id })),
    'station',
  );
  // One key of two stations would let either speak for the other, so keys are compared over all of them as well.
  const keys = stations.flatMap((station, at) =>
    placed(station.public_keys, ['stations', at, 'public_keys']).filter(
      ({ value }, number) => station.public_keys.indexOf(value) === number,
    ),
  );
  report.unique(keys, 'key');
  for (const [at, station] of stations.entries())
    report.publicKeys(station.public_keys, ['stations', at, 'public_keys']);
  if (file.broker !== undefined) checkBroker(file.broker, report);
}

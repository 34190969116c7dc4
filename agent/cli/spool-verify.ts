// `bodydock spool verify`: what `bodydock verify` does, for the spool of this station and with the keys of its configuration. Prints what does
// not hold; the rest is counted.
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE_DEFAULT } from '../../config/load.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { nodeFiles } from '../../agent/platform/files-node.ts';
import { findPlace } from '../evidence/verify/place.ts';
import { verifyPlace, type VerifyReport } from '../evidence/verify/verify-place.ts';
import { languageOf, parseCommandLine, writeJson, type Io } from './output.ts';
import { spoolKeys, spoolOf } from './spool-place.ts';
import { VerifyJson } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';

const HELP = `bodydock spool verify [--config FILE] [--keys KEYS] [--lang en|de] [--json]

Checks the spool of this station: every document and signature, every digest of the sealed files, the chains, and the custody log. Prints what
does not hold, and counts the rest. Changes nothing and may run beside the agent; reads everything once, so it takes as long as that.

  --config FILE  the station's file (default: ${STATION_FILE_DEFAULT})
  --keys KEYS    folder with station*.pub and store*.pub (default: the station's own key and the keys of the store in its file)
  --lang en|de   language of the text (default: by LANG)
  --json         one JSON document on standard output

Exit codes: 0 no finding, 1 a finding or no spool, 2 usage, 78 configuration or keys.
`;
const OPTIONS = { config: { type: 'string' }, keys: { type: 'string' }, lang: { type: 'string' } } as const;

/** Runs the command; gives the exit code. Errors: "usage", "config.refused", "spool.absent", "key.*", the signal's reason. */
export async function verifySpool(args: readonly string[], io: Io): Promise<number> {
  const line = parseCommandLine(args, io, { help: HELP, options: OPTIONS });
  if (line === undefined) return EXIT_GOOD;
  const json = line.values.json === true;
  const text = new VerifyText(languageOf(line.values.lang));
  const spool = await spoolOf(line.values.config ?? STATION_FILE_DEFAULT, io);
  const files = nodeFiles();
  const keys = await spoolKeys(spool, line.values.keys);
  const place = await findPlace(files, spool.layout.root);
  const collected = new VerifyJson();
  const printed: VerifyReport = {
    recording: (checked) => void (checked.remarks.length > 0 && io.out(text.recording(checked))),
    docking: (checked) => void (checked.remarks.length > 0 && io.out(text.docking(checked))),
    remark: (remark) => io.out(text.remarks([remark])),
  };
  if (!json) io.out(text.place(place, keys));
  const options = { files, keys, identities: [], nowMs: nodeClock().wallMs(), signal: io.signal };
  const totals = await verifyPlace(place, options, json ? collected : printed);
  if (json) writeJson(io, collected.document({ place, keys, totals }));
  else io.out(text.totals(totals));
  return totals.findings === 0 ? EXIT_GOOD : EXIT_FAILURE;
}

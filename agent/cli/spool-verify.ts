// `bodydock spool verify`: what `bodydock verify` does, for the spool of this station and with the keys of its configuration. Prints what does
// not hold; the rest is counted.
import { EXIT_FAILURE, EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { filesAtOnce } from '../platform/files-at-once.ts';
import { findPlace } from '../evidence/verify/place.ts';
import { verifyPlace, type VerifyReport } from '../evidence/verify/verify-place.ts';
import { command, writeJson, LANG } from '../../config/command-line.ts';
import { spoolKeys, spoolOf } from './spool-place.ts';
import { VerifyJson } from './verify-json.ts';
import { VerifyText } from './verify-text.ts';

/** Errors: "usage", "config.refused", "spool.absent", "key.*", the signal's reason. */
export const verifySpool = command(
  {
    name: 'bodydock spool verify',
    usage: ['[--config FILE] [--keys KEYS] [--lang en|de] [--json]'],
    about: `
Checks the spool of this station: every document and signature, every digest of the sealed files, the chains, and the custody log. Prints what
does not hold, and counts the rest. Changes nothing and may run beside the agent; reads everything once, so it takes as long as that.
`,
    options: {
      config: STATION_FILE,
      keys: {
        type: 'string',
        value: 'KEYS',
        text: "folder with station*.pub and store*.pub (default: the station's own key and the keys of the store in its file)",
      },
      lang: LANG,
    },
    json: 'one JSON document on standard output',
    exits: '0 no finding, 1 a finding or no spool, 2 usage, 78 configuration or keys.',
  },
  async (line, io) => {
    const json = line.json;
    const text = new VerifyText(line.language);
    const spool = await spoolOf(line.values.config, io);
    const files = filesAtOnce();
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
  },
);

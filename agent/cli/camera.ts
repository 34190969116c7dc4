// `bodydock camera retire`: a person's word that a camera is out of use. The running agent, or the next start, enters it into the custody log:
// from then on no docking of the camera is awaited, and a report does not leave days open for it.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { STATION_FILE } from '../../config/load.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { isCameraId } from '../../protocol/format/ids.ts';
import { nodeClock } from '../platform/clock-node.ts';
import { reasonCodeSchema } from '../../protocol/documents/order.ts';
import { writeRetirement } from '../custody/retirement.ts';
import { command, usageError, writeJson, LANG } from '../../config/command-line.ts';
import { CAMERA_DE } from '../../config/texts/de/camera.ts';
import { CAMERA_EN } from '../../config/texts/en/camera.ts';
import { texts } from '../../config/texts.ts';
import { spoolOf } from './spool-place.ts';

const CAMERA = texts(CAMERA_EN, CAMERA_DE);

/** Runs the command; gives the exit code. Errors: "usage", "config.refused", "spool.absent", the system's. */
export const retireCamera = command(
  {
    name: 'bodydock camera retire',
    usage: ['CAMERA --reason CODE [--config FILE] [--lang en|de] [--json]'],
    about: `
Takes a camera out of use: it is lost, broken or given back. It is entered into the signed custody log of this station. Until then every day
since its last docking is open in "bodydock report", since nobody knows what it recorded; these days stay open, and later ones do not wait
for it. A camera that docks again is in use again. Removing a camera from the station's file does not take it out of use.

  CAMERA          its id, as in the station's file
`,
    options: {
      reason: {
        type: 'string',
        value: 'CODE',
        text: 'why: 1 to 64 of a-z, 0-9 and "-", such as lost, broken, given-back; never a name',
      },
      config: STATION_FILE,
      lang: LANG,
    },
    json: 'one JSON document instead of text',
    exits: '0 written, 2 usage, 78 configuration.',
    wordsMax: 1,
  },
  async (line, io) => {
    const { reason, config: file } = line.values;
    const { json, language } = line;
    const [id] = line.words;
    if (id === undefined || !isCameraId(id))
      throw usageError('name a camera by its id, as in the station\u2019s file: 1 to 32 of a-z, 0-9 and "-"');
    const code = reasonCodeSchema.safeParse(reason);
    if (!code.success)
      throw usageError('--reason CODE says why: 1 to 64 of a-z, 0-9 and "-", such as "lost"; never a name');
    const words = CAMERA[language];
    const { config, layout } = await spoolOf(file, io);
    const madeAt = new Date(nodeClock().wallMs()).toISOString();
    const word = { camera: id, reason: code.data, made_at: madeAt };
    await writeRetirement(await ownedFiles(layout.root), layout, word);
    const isNamed =
      config.cameras.some((each) => each.id === id) || config.bays.some((bay) => bay.camera === id);
    if (!isNamed) io.err(`bodydock: ${words('notNamed', { camera: id })}\n`);
    if (json) writeJson(io, { retired: true, ...word });
    else io.out(`${words('written', { camera: id })}\n`);
    return EXIT_GOOD;
  },
);

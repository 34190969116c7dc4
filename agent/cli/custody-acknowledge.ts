// `bodydock custody --acknowledge`: a person's word that the differences which this station shows were looked at. The running agent, or the
// next start, enters it into the custody log; nothing else changes.
import { EXIT_GOOD } from '../../config/exit-codes.ts';
import { ownedFiles } from '../../config/owned-files.ts';
import { nodeClock } from '../../agent/platform/clock-node.ts';
import { reasonCodeSchema } from '../../protocol/documents/order.ts';
import { writeAcknowledgement } from '../custody/acknowledgement.ts';
import { usageError, writeJson, type Io } from '../../config/command-line.ts';
import { spoolOf } from './spool-place.ts';

export interface AcknowledgeWish {
  /** The station's file. */
  readonly config: string;
  readonly reason: string | undefined;
  readonly json: boolean;
}

/** Gives the exit code. Errors: "usage" for a reason that is no code, "config.refused", "spool.absent", the system's. */
export async function acknowledge({ config, reason, json }: AcknowledgeWish, io: Io): Promise<number> {
  const code = reasonCodeSchema.safeParse(reason);
  if (!code.success)
    throw usageError(
      '--reason CODE says why: 1 to 64 of a-z, 0-9 and "-", such as "card-replaced"; never a name',
    );
  const { layout } = await spoolOf(config, io);
  const files = await ownedFiles(layout.root);
  const madeAt = new Date(nodeClock().wallMs()).toISOString();
  await writeAcknowledgement(files, layout.acknowledgement, { reason: code.data, made_at: madeAt });
  await files.syncFolder(layout.root);
  if (json) writeJson(io, { acknowledged: true, reason: code.data, made_at: madeAt });
  else io.out('acknowledged: the running agent, or its next start, enters it into the custody log\n');
  return EXIT_GOOD;
}

// A plain copy: rsync over ssh, every file synced at the far end; alone, or with SHA-256 of source and destination. Nothing is sealed or signed.
import { join } from 'node:path';
import { digestFile, type Work } from '../work.ts';
import { FarEnd, SSH_TOOLS } from './far-end.ts';
import type { Party, Repetition } from './party.ts';
import { measureShell } from './shell.ts';

/** $1 source, $2 ssh_config, $3 folder at the far end, $4 "digests" or "alone". Lists of digests stay at the far end. */
const SCRIPT = `
if [ "$4" = digests ]; then (cd "$1" && sha256sum -- *) > "$3.near"; fi
rsync -r --fsync -e "ssh -F $2" "$1/" "far:$3/"
if [ "$4" = digests ]; then
  ssh -F "$2" far "cd '$3' && sha256sum -- *" > "$3.far"
  cmp "$3.near" "$3.far"
fi
`;

/** `digests`: both ends are read and compared within the measured time, as the other parties do. */
export function rsyncParty(name: string, title: string, digests: boolean): Party {
  const tools = ['rsync', 'sha256sum', 'cmp', 'bash', ...SSH_TOOLS];
  return { name, title, tools, prepare: (work) => openRepetition(work, digests) };
}

async function openRepetition(work: Work, digests: boolean): Promise<Repetition> {
  const far = await FarEnd.open();
  const words = [work.folder, far.clientFile, far.files, digests ? 'digests' : 'alone'];
  return {
    run: (signal) => measureShell(SCRIPT, words, far, signal),
    verify: async (signal) => {
      for (const { name, sha256 } of work.files)
        if ((await digestFile(join(far.files, name), signal)) !== sha256)
          throw new Error(`${name}: the far end holds other bytes than the source`);
    },
    close: () => far.close(),
  };
}

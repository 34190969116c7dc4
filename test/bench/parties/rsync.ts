// A plain copy with proof: rsync over ssh, every file synced at the far end, SHA-256 of source and destination. Nothing is sealed or signed.
import { FarEnd, SSH_TOOLS } from './far-end.ts';
import type { Party } from './party.ts';
import { measureShell, sameDigests } from './shell.ts';

/** $1 source, $2 ssh_config, $3 folder at the far end. Lists of digests stay beside that folder. */
const SCRIPT = `
(cd "$1" && sha256sum -- *) > "$3.near"
rsync -r --fsync -e "ssh -F $2" "$1/" "far:$3/"
ssh -F "$2" far "cd '$3' && sha256sum -- *" > "$3.far"
cmp "$3.near" "$3.far"
`;

/** Both ends are read and compared within the measured time, as the other parties do. */
export function rsyncParty(name: string, title: string): Party {
  return {
    name,
    title,
    tools: ['rsync', 'sha256sum', 'cmp', 'bash', ...SSH_TOOLS],
    prepare: async (work) => {
      const far = await FarEnd.open();
      return {
        run: (signal) => measureShell(SCRIPT, [work.folder, far.clientFile, far.files], far, signal),
        verify: (signal) => sameDigests(work, far.files, signal),
        close: () => far.close(),
      };
    },
  };
}

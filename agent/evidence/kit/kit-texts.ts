// Texts of a kit that are the same in each: the script that follows a log's chain, and the formats in short. English, for experts.
import { KIT_FINDINGS } from '../verify/read-files.ts';

/** Names of the kit's own files. */
export const CHAIN_SCRIPT = 'chain.sh';
export const FORMAT_FILE = 'FORMAT.txt';
export const SPEC_FILE = 'SPEC.md';
export const FINDINGS_FILE = KIT_FINDINGS;

/** Coreutils only; for bash. */
export const CHAIN_SH = `#!/usr/bin/env bash
[ -n "\${BASH_VERSION:-}" ] || exec bash "$0" "$@"
# Follows a log: each line must name the SHA-256 of the line before it (64 zeros in the first one), up to the line whose number and
# SHA-256 the signed head says. Usage: bash chain.sh LOG.jsonl HEAD.json
set -u
LC_ALL=C
head=$(cat "$2")
number=\${head#*'"sequence":'}
number=\${number%%[!0-9]*}
wanted=\${head#*'"sha256":"'}
wanted=\${wanted%%'"'*}
previous=0000000000000000000000000000000000000000000000000000000000000000
count=0
while [ "$count" -lt "$number" ] && IFS= read -r line; do
  count=$((count + 1))
  case $line in
    *'"previous":"'"$previous"'"'*) ;;
    *) echo "BROKEN: entry $count does not follow the one before it"; exit 1 ;;
  esac
  previous=$(printf %s "$line" | sha256sum | cut -c 1-64)
done < "$1"
if [ "$count" != "$number" ] || [ "$previous" != "$wanted" ]; then
  echo "BROKEN: entry $count is not the one that the signed head names"
  exit 1
fi
echo "$count entries: the chain holds up to the signed head"
`;

/** The formats in short; SPEC.md says the same byte by byte. */
export const FORMAT_TXT = `Formats in this kit, in short. SPEC.md is the full and exact description; the numbers of its sections stand in brackets.

Documents (.json) are one line of canonical JSON (RFC 8785): UTF-8, sorted keys, no spaces, no line end. The bytes of the file are what
was signed. Times are UTC. Digests are SHA-256 in 64 hex digits. [1.3, 1.4]

Signatures (.minisig) are minisign signature files of the prehashed kind: Ed25519 over BLAKE2b-512 of the document. The trusted comment
says of which type the document is: "bodydock recording-manifest", "bodydock receipt" ... A signature with another comment does not
count. Public keys (keys/*.pub) are minisign public key files. [2]

RECORDING/manifest.json   the station's word on one file of a camera: where it came from, when, its size and SHA-256, and the digest of the
                          list chunks.bin. Signed by the station. [4.1]
RECORDING/payload.age     the file itself, sealed: age v1 (age-encryption.org/v1), X25519 recipients. Only the holder of an identity of one
                          of the recipients opens it. [3.1]
RECORDING/chunks.bin      one SHA-256 (32 raw bytes) for each 524,288 bytes of payload.age; the last one for what is left. It shows where
                          a damaged file is damaged. [3.3]
RECORDING/receipt.json    the store's word that it holds this recording durably: digest of the manifest, length and list of the sealed file
                          as the store computed them, time. Signed by the store. [4.2]
RECORDING/deletion.json   the store's word that the sealed file was deleted, when and why; payload.age and chunks.bin are gone then. [4.7]
RECORD/docking.json       one stay of the camera in the station: its clock, everything that was on it before anything was touched, and what
                          became of each file. Signed by the station. Several parts where there were many files. [4.6]
orders/ORDER/order.json   an order to hold, no longer hold, or delete a recording; signed by an officer and a supervisor. [4.8]
policies/*/policy.json    what both roles agreed: how long recordings and documents stay, when a hold by one role lapses, whose keys sign
                          orders. Signed by an officer and a supervisor; each by those that the one before it names. [4.16]
log/STATION/*.jsonl       the station's custody log, one entry a line: what was done when. Each entry names the SHA-256 of the line before
                          it (field "previous"), so none can be taken out, added or altered unseen. Segments follow each other; this
                          kit holds those with entries on its recordings. [4.3]
log/RECEIVER/*.jsonl      the store's own log of the same form: warnings, orders, deletions, disclosures. [4.3.7]
log/*/*.head.json         the last signed checkpoint of that segment, taken out of the entry of event "checkpoint" (its facts "head" and
                          "signature") so that minisign can read it. It vouches for all entries up to the number that it names. [4.3.3]
proofs/*.tlog-proof       ties the entry "receipt" of that recording in the store's log to a checkpoint of all of that log, a signed note with
                          the cosignatures of witnesses outside (c2sp.org/tlog-proof, c2sp.org/tlog-cosignature). [4.13.5.10, 4.15]
proofs/*.stamped.tsr      a time stamp (RFC 3161) over the text of the checkpoint in the proof of that name: what is before its last empty
                          line and after the one before. openssl ts -verify reads it. [4.15.26]
keys/*/*.change.json      a change of a signing key: signed by the old one and by the new one. [4.9]
keys/*/*.revocation.json  the store's word that a station's key no longer counts. [4.9]
SHA256SUMS                digests of all files of the kit when it was made. Not signed: it shows damage in transit, not forgery.

File names on the camera often name a person; they are sealed. In the open stands only the SHA-256 of the path (path_sha256).
`;

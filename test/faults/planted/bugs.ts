// All planted bugs. Each must be caught by the suites that it names.
import { CHAIN_BUGS } from './bugs-chains.ts';
import { DRIVER_BUGS } from './bugs-drivers.ts';
import { DURABILITY_BUGS } from './bugs-durability.ts';
import { EXCUSE_BUGS } from './bugs-excuses.ts';
import { EVIDENCE_BUGS } from './bugs-evidence.ts';
import { RECEIVER_BUGS } from './bugs-receiver.ts';
import { RELEASE_BUGS } from './bugs-release.ts';
import { SEALING_BUGS } from './bugs-sealing.ts';
import { STAFF_BUGS } from './bugs-staff.ts';
import { TRANSFER_BUGS } from './bugs-transfer.ts';
import { VERIFIER_BUGS } from './bugs-verifier.ts';
import type { PlantedBug } from './planted-bug.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...DURABILITY_BUGS,
  ...RELEASE_BUGS,
  ...TRANSFER_BUGS,
  ...RECEIVER_BUGS,
  ...CHAIN_BUGS,
  ...SEALING_BUGS,
  ...DRIVER_BUGS,
  ...EXCUSE_BUGS,
  ...EVIDENCE_BUGS,
  ...STAFF_BUGS,
  ...VERIFIER_BUGS,
];

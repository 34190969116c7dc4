// Which monitoring works with a broker, as the two commands say it that a technician types at either end.
import type { DockRig } from './dock-rig.ts';
import { BODYDOCK, RECEIVER, runProgram } from './program.ts';

/** Codes of the findings, and the words of the receiver's check in German. */
export async function monitoringFindings(
  rig: Pick<DockRig, 'stationFile' | 'receiverFile'>,
): Promise<{ station: string[]; store: string[]; said: string }> {
  const doctor = await runProgram(BODYDOCK, ['doctor', '--connect', '--json', '--config', rig.stationFile]);
  const { findings } = JSON.parse(doctor.stdout) as { findings: { code: string }[] };
  const check = ['check', '--connect', '--config', rig.receiverFile()];
  const { stdout } = await runProgram(RECEIVER, [...check, '--json']);
  const { broker } = JSON.parse(stdout) as { broker: { code: string }[] };
  const codes = (list: readonly { code: string }[]): string[] =>
    list.map(({ code }) => code).filter((code) => code.startsWith('monitoring.'));
  const { stdout: said } = await runProgram(RECEIVER, [...check, '--lang', 'de']);
  return { station: codes(findings), store: codes(broker), said };
}

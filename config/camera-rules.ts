// Rules on which camera is in which bay: every camera that a bay names is listed, every bay that names none can know one, and no serial
// number stands for two cameras.
import { isUnnamedId, plainName, plainSerial } from '../protocol/format/camera-names.ts';
import { placed, type RuleReport } from './rules.ts';
import type { Good } from './schema-problems.ts';
import type { StationFile } from './station-schema.ts';
import { showPath } from './problems.ts';

type File = Good<StationFile>;
type Camera = Good<StationFile['cameras'][number]>;

/** Reports what is wrong with the cameras and with what the bays say of them. */
export function checkCameras(file: File, report: RuleReport): void {
  checkListed(file, report);
  checkNamed(file, report);
  checkUnnamed(file, report);
  checkSerials(file.cameras ?? [], report);
  checkPasswords(file, report);
  for (const { path, value: id } of placed(idsOf(file), ['cameras'], 'id')) {
    if (!isUnnamedId(id)) continue;
    const message = 'looks like an id that a station makes for an unregistered camera';
    report.add(path, { code: 'config.camera', message, found: id, remedy: 'take another id' });
  }
}

/** Only a station that takes every camera can do without a list. */
function checkListed({ cameras, unknown_cameras: unknown }: File, report: RuleReport): void {
  if (cameras?.length !== 0 || unknown !== 'refuse') return;
  const message = report.isWritten(['cameras']) ? 'names no camera' : '"cameras" is missing';
  const remedy = 'add the cameras that belong here; `unknown_cameras: accept` takes every camera';
  report.add(['cameras'], { code: 'config.missing', message, remedy });
}

function idsOf({ cameras = [] }: File): (string | undefined)[] {
  return cameras.map((camera) => camera?.id);
}

function checkNamed(file: File, report: RuleReport): void {
  const { cameras } = file;
  if (cameras?.length === 0 && file.unknown_cameras === 'refuse') return; // is told as such
  // A camera whose id is missing may be the one that is meant.
  if (cameras?.every((_camera, at) => report.isWritten(['cameras', at, 'id'])) !== true) return;
  const known = placed(idsOf(file), []).map(({ value }) => value);
  const named = file.bays?.map((bay) => bay?.camera);
  for (const { path, value: camera } of placed(named, ['bays'], 'camera')) {
    if (known.includes(camera)) continue;
    const message = 'no camera of this id stands under cameras';
    const remedy = 'add the camera there, or correct the id';
    const shown = { found: camera, ...(known.length > 0 && { allowed: known.slice(0, 10).join(', ') }) };
    report.add(path, { code: 'config.camera', message, ...shown, remedy });
  }
}

/** Files in a folder do not say whose they are; a port without any camera that could be known there is a mistake. */
function checkUnnamed({ bays = [], cameras, unknown_cameras: unknown }: File, report: RuleReport): void {
  const isKnowable =
    cameras === undefined ||
    cameras.length === 0 ||
    cameras.some((_camera, at) => report.isWritten(['cameras', at, 'serial']));
  for (const at of bays.keys()) {
    if (bays[at] === undefined || report.isWritten(['bays', at, 'camera'])) continue;
    if (report.isWritten(['bays', at, 'folder'])) {
      const message = 'has a folder and names no camera: files in a folder do not say whose they are';
      report.add(['bays', at], { code: 'config.camera', message, remedy: 'add camera, one of cameras' });
    } else if (unknown === 'refuse' && !isKnowable) {
      const message = 'names no camera, and none could be known in it: no camera has a serial number here';
      const remedy =
        'add serial to the cameras that belong here, or camera to this bay; `unknown_cameras: accept` takes every camera';
      report.add(['bays', at], { code: 'config.camera', message, remedy });
    }
  }
}

/** Cameras that want a password are on USB ports: elsewhere nobody would ask for it. */
function checkPasswords({ bays, cameras = [] }: File, report: RuleReport): void {
  if (bays === undefined || bays.some((_bay, at) => report.isWritten(['bays', at, 'usb_port']))) return;
  const passwords = cameras.map((camera) => camera?.password_file);
  for (const { path } of placed(passwords, ['cameras'], 'password_file')) {
    const message = 'is for cameras on a USB port, and no bay has one';
    const remedy = 'give the bay of the camera its usb_port, or take it out';
    report.add(path, { code: 'config.password', message, remedy });
  }
}

/** Two entries for one serial number are two cameras only where both name a model, each another one. */
function checkSerials(cameras: readonly (Camera | undefined)[], report: RuleReport): void {
  for (const [at, camera] of cameras.entries()) {
    const earlier = cameras.slice(0, at).findIndex((other) => areOne(other, camera));
    if (earlier < 0) continue;
    const message = `the same serial number stands at ${showPath(['cameras', earlier, 'serial'])}`;
    const remedy = 'keep one of the two, or give each its model where two makers use the same number';
    report.add(['cameras', at, 'serial'], { code: 'config.duplicate', message, remedy });
  }
}

function areOne(one: Camera | undefined, other: Camera | undefined): boolean {
  if (one?.serial === undefined || other?.serial === undefined) return false;
  if (plainSerial(one.serial) !== plainSerial(other.serial)) return false;
  return (
    one.model === undefined || other.model === undefined || plainName(one.model) === plainName(other.model)
  );
}

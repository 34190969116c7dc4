// What `bodydock doctor` finds: a code with values. How bad each code is and the command that fixes it stand here, the words in
// config/texts.
import type { DoctorSeverity } from '../../config/doctor-text.ts';
import type { Language } from '../../config/language.ts';
import { printable } from '../../config/problems.ts';
import type { StationConfig } from '../../config/station-config.ts';
import { DOCTOR_DE } from '../../config/texts/de/doctor.ts';
import { DOCTOR_EN } from '../../config/texts/en/doctor.ts';
import type { Clock, Random } from '../../protocol/format/ports.ts';
import type { Words } from '../monitoring/condition-table.ts';
import type { Asked } from '../monitoring/control-client.ts';

interface Kind {
  readonly severity: DoctorSeverity;
  /** Typed as it is printed; values are quoted for the shell. */
  readonly command?: string;
  /** 78: configuration, keys, certificates. 69: broker or store out of reach. Else 1. */
  readonly exit?: 69 | 78;
}

const SHOW_CERTIFICATE = 'openssl x509 -noout -subject -issuer -dates -in {where}';
const SHOW_SERVER = 'openssl s_client -connect {where} -showcerts </dev/null';
const RELOAD = 'systemctl reload mosquitto';

/** Codes are those of `bodydock check`. */
const FILES = {
  'config.good': { severity: 'good' },
  'config.refused': { severity: 'error', exit: 78, command: 'bodydock check --config {where}' },
  'config.left-out': { severity: 'note' },
  'config.all-left-out': { severity: 'note' },
  'file.refused': { severity: 'error', exit: 78, command: 'bodydock check --config {config}' },
  'file.remark': { severity: 'warning', command: 'bodydock check --config {config}' },
  'key.mode': { severity: 'error', exit: 78, command: 'chmod 0600 {where}' },
  'key.owner': { severity: 'error', exit: 78, command: 'chown root:root {where}' },
  'key.missing': { severity: 'error', exit: 78, command: 'ls -l {where}' },
  'tls.key-missing': { severity: 'error', exit: 78, command: 'ls -l {where}' },
  'tls.file-missing': { severity: 'error', exit: 78, command: 'ls -l {where}' },
  'file.missing': { severity: 'error', exit: 78, command: 'ls -l {where}' },
  'key.own-pin': { severity: 'error', exit: 78, command: 'bodydock keys show {where}' },
  'tls.expired': { severity: 'error', exit: 78, command: SHOW_CERTIFICATE },
  'tls.expiring': { severity: 'warning', command: SHOW_CERTIFICATE },
  'tls.not-yet-valid': { severity: 'error', exit: 78, command: 'timedatectl' },
  'tls.name': { severity: 'error', exit: 78, command: SHOW_CERTIFICATE },
  'tls.key-mismatch': { severity: 'error', exit: 78, command: 'openssl pkey -noout -pubout -in {where}' },
  'spool.keep-short': { severity: 'warning', command: 'bodydock check --config {config}' },
  'proof.missing': {
    severity: 'warning',
    command: 'bodydock keys prove --config {config} --ask /root/challenges',
  },
} as const satisfies Record<string, Kind>;

const DISK = {
  'disk.good': { severity: 'good' },
  'disk.absent': { severity: 'note' },
  'disk.no-parent': {
    severity: 'error',
    exit: 78,
    command: 'install -d -o bodydock -g bodydock -m 0750 {parent}',
  },
  'disk.not-makable': { severity: 'error', exit: 78, command: 'findmnt --target {parent}; ls -ld {parent}' },
  'disk.file-system': { severity: 'error', exit: 78, command: 'findmnt --target {where}' },
  'disk.memory': { severity: 'warning', command: 'findmnt --target {where}' },
  'disk.boot': { severity: 'warning', command: 'findmnt --target {where}' },
  'disk.read-only': { severity: 'error', command: 'dmesg | tail -n 50' },
  'disk.link': { severity: 'error', exit: 78, command: 'readlink -f {where}' },
  'disk.no-folder': { severity: 'error', exit: 78, command: 'ls -ld {where}' },
  'disk.unreadable': { severity: 'error', exit: 78, command: 'sudo ls -ld {where}' },
  'disk.unwritable': { severity: 'error', command: 'ls -ld {where}' },
  'disk.full': { severity: 'error', command: 'df -h {where}' },
  'disk.low': { severity: 'warning', command: 'df -h {where}' },
  'disk.inodes': { severity: 'error', command: 'df -i {where}' },
  'disk.reserve': { severity: 'warning', command: 'df -h {where}' },
  'disk.slow': { severity: 'warning', command: 'dmesg --level=err,warn' },
  'spool.mode': { severity: 'warning', command: 'chmod 0750 {where}' },
  'spool.owner': { severity: 'error', command: 'chown -R {user}:{group} {where}' },
} as const satisfies Record<string, Kind>;

const MACHINE = {
  'agent.good': { severity: 'good' },
  'agent.absent': { severity: 'error', command: 'systemctl start bodydock' },
  'agent.busy': { severity: 'warning', command: 'journalctl -u bodydock -n 50' },
  'agent.denied': { severity: 'warning', command: 'sudo bodydock doctor' },
  'agent.silent': { severity: 'error', command: 'journalctl -u bodydock -n 50' },
  'agent.path-length': { severity: 'warning' },
  'bay.good': { severity: 'good' },
  'bay.absent': { severity: 'note', command: 'bodydock bays --config {config}' },
  'bay.owner': { severity: 'warning', command: 'ls -ld {where}' },
  'bay.no-hub': { severity: 'warning', command: 'lsusb -t' },
  'bay.no-folder': { severity: 'error', exit: 78, command: 'ls -ld {where}' },
  'bay.same-folder': { severity: 'error', exit: 78, command: 'readlink -f {where}' },
  'bay.no-port': { severity: 'error', exit: 78, command: 'ls -l /dev/serial/by-path' },
  'bay.same-port': { severity: 'error', exit: 78, command: 'bodydock bays --config {config}' },
  'bay.wandering-port': { severity: 'warning', command: 'ls -l /dev/serial/by-path' },
  'bay.port-denied': { severity: 'error', command: 'ls -lL {where}' },
  'bay.refused': { severity: 'warning', command: 'bodydock bays --config {config}' },
  'bay.device-denied': {
    severity: 'error',
    command: 'udevadm control --reload && udevadm trigger --subsystem-match=usb',
  },
  'power.good': { severity: 'good' },
  'power.off': { severity: 'note', command: 'systemctl enable --now bodydock-power' },
  'power.silent': { severity: 'warning', command: 'journalctl -u bodydock-power -n 20' },
  'power.no-switch': { severity: 'note', command: 'uname -r; lsusb -t' },
  'system.good': { severity: 'good' },
  'system.none': { severity: 'note' },
  'system.no-unit': { severity: 'warning', command: 'apt install ./bodydock_*.deb' },
  'system.disabled': { severity: 'error', command: 'systemctl enable --now bodydock' },
  'system.failed': { severity: 'error', command: 'journalctl -u bodydock -n 50' },
  'system.no-rules': { severity: 'warning', command: 'udevadm control --reload && udevadm trigger' },
  'system.no-module': { severity: 'warning', command: 'modprobe {module}' },
  'clock.good': { severity: 'good' },
  'clock.unsynchronised': { severity: 'warning', command: 'timedatectl set-ntp true' },
  'clock.unknown': { severity: 'note', command: 'timedatectl' },
  'clock.zone': { severity: 'note', command: 'timedatectl set-timezone Europe/Berlin' },
} as const satisfies Record<string, Kind>;

const BROKER = {
  'broker.good': { severity: 'good' },
  'broker.by-agent': { severity: 'good' },
  'broker.not-tried': { severity: 'note', command: 'bodydock doctor --connect --config {config}' },
  'broker.no-name': { severity: 'error', exit: 69, command: 'getent hosts {host}' },
  'broker.no-connection': { severity: 'error', exit: 69, command: 'systemctl status mosquitto' },
  'broker.unanswered': { severity: 'error', exit: 69, command: 'journalctl -u mosquitto -n 50' },
  'broker.refused': { severity: 'error', exit: 69, command: 'journalctl -u mosquitto -n 50' },
  'broker.password-refused': {
    severity: 'error',
    exit: 69,
    command: 'mosquitto_passwd /etc/mosquitto/passwd {user}',
  },
  'broker.password-missing': { severity: 'error', exit: 78, command: 'install -m 600 /dev/stdin {where}' },
  'broker.by-password': { severity: 'note' },
  'broker.username': { severity: 'warning', command: "grep -n '%u' /etc/mosquitto/mosquitto.acl" },
  'tls.good': { severity: 'good' },
  'tls.server-authority': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'tls.server-name': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'tls.server-expired': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'tls.server-not-yet-valid': { severity: 'error', exit: 78, command: 'timedatectl' },
  'tls.server-expiring': { severity: 'warning', command: SHOW_SERVER },
  'tls.plain': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'tls.version': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'tls.client-refused': {
    severity: 'error',
    exit: 78,
    command: 'openssl x509 -noout -subject -issuer -dates -in {file}',
  },
  'tls.failed': { severity: 'error', exit: 78, command: SHOW_SERVER },
  'acl.good': { severity: 'good' },
  'acl.untold': { severity: 'note' },
  'acl.own-refused': { severity: 'error', command: RELOAD },
  'acl.foreign-write': { severity: 'error', command: RELOAD },
  'acl.foreign-read': { severity: 'error', command: RELOAD },
  'monitoring.wildcard': { severity: 'good' },
  'monitoring.full-topic': {
    severity: 'warning',
    command: 'less /usr/share/doc/bodydock/examples/monitoring/README.md',
  },
  'monitoring.neither': {
    severity: 'warning',
    command: 'less /usr/share/doc/bodydock/examples/monitoring/README.md',
  },
  'monitoring.untold': { severity: 'note', command: 'bodydock-receiver check --connect' },
  'store.good': { severity: 'good' },
  'store.by-agent': { severity: 'good' },
  'store.unheard': { severity: 'note', command: 'systemctl status bodydock-receiver' },
  'store.silent': { severity: 'error', exit: 69, command: 'systemctl status bodydock-receiver' },
  'store.stranger': {
    severity: 'error',
    exit: 78,
    command: 'bodydock keys show /etc/bodydock/keys/store.pub',
  },
} as const satisfies Record<string, Kind>;

const KINDS: Readonly<Record<keyof typeof DOCTOR_EN, Kind>> = { ...FILES, ...DISK, ...MACHINE, ...BROKER };

/** Codes of files that the configuration names, in the words of the doctor. */
export const FILE_CODES: ReadonlySet<string> = new Set(Object.keys({ ...FILES, ...MACHINE, ...BROKER }));

/** All that is known of a code. `{name}` in a text is the value of that name, `{where}` the place. */
export interface DoctorKind extends Kind {
  readonly text: Words;
  /** What to do, where that is more than the command. */
  readonly remedy?: Words;
}

/** All codes. */
export const DOCTOR_TABLE: Readonly<Record<string, DoctorKind>> = Object.fromEntries(
  Object.entries(KINDS).map(([code, kind]) => {
    const [en, de] = [DOCTOR_EN, DOCTOR_DE].map(
      (texts) => texts[code as keyof typeof KINDS] as { readonly text: string; readonly remedy?: string },
    );
    const text = { en: en?.text ?? code, de: de?.text ?? code };
    const remedy = en?.remedy !== undefined && de?.remedy !== undefined && { en: en.remedy, de: de.remedy };
    return [code, { ...kind, text, ...(remedy && { remedy }) }];
  }),
);

/** Values of a finding, by the names in its texts. No secret, no serial number. */
export type DoctorValues = Readonly<Record<string, string | number | Words>>;

/** One finding. `kind` is given where the words are not in a table: conditions of the agent have their own. */
export interface Finding {
  readonly code: string;
  /** A path, an address, a bay; empty where the code says it. */
  readonly where: string;
  readonly values: DoctorValues;
  readonly kind?: DoctorKind;
}

export function found(code: string, where = '', values: DoctorValues = {}): Finding {
  return { code, where, values };
}

/** Names and paths that need no quotes for a shell. */
const PLAIN = /^[A-Za-z0-9@%+=:,./_-]+$/;

/** A finding in one language. */
export interface FindingWords {
  readonly text: string;
  readonly remedy: string | null;
  /** One line for a shell, or null. */
  readonly command: string | null;
}

/** The entry of a code. */
export function kindOf({ code, kind }: Finding): DoctorKind {
  const known = kind ?? DOCTOR_TABLE[code];
  if (known === undefined) throw new Error(`no words for ${code}`);
  return known;
}

export function wordsOf(finding: Finding, language: Language): FindingWords {
  const { text, remedy, command } = kindOf(finding);
  const values = { ...finding.values, where: finding.where };
  const filled = (words: string): string => printable(fillNamed(words, values, language));
  return {
    text: filled(text[language]),
    remedy: remedy === undefined ? null : filled(remedy[language]),
    command: command === undefined ? null : printable(fillNamed(command, values, language, shellWord)),
  };
}

function fillNamed(
  text: string,
  values: DoctorValues,
  language: Language,
  shown: (value: string) => string = (value) => value,
): string {
  return text.replaceAll(/\{([a-z]+)\}/g, (all, name: string) => {
    const value = values[name];
    if (value === undefined) return all;
    return shown(typeof value === 'object' ? value[language] : String(value));
  });
}

function shellWord(value: string): string {
  return PLAIN.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

// What every check of `bodydock doctor` gets.

export interface DoctorContext {
  /** Path of station.yaml. */
  readonly file: string;
  readonly config: StationConfig;
  /** What the running agent said; undefined where its socket cannot have a name. */
  readonly asked: Asked | undefined;
  /** Log in at the broker although an agent runs. */
  readonly connect: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** For what can be looked at where no more than the spool is known. */
export interface SpoolContext {
  readonly config: Pick<StationConfig, 'spool'>;
}

/** One area of checks. Whatever is wrong is a finding. Errors: the signal's reason; a fault of ours. */
export type Check = (context: DoctorContext) => Promise<Finding[]>;

// What `bodydock doctor` says of each code, in English. {name} is a value of that name, {where} the place. {message} is a sentence of `bodydock check`.

export const DOCTOR_EN = {
  // Configuration and the files that it names.
  'config.good': { text: 'The configuration and the files that it names are right.' },
  'spool.keep-short': {
    text: 'Sealed copies stay for {keep} hours after their receipt, and the store is backed up every {backup} hours: what is dropped here before the next backup is in no second place.',
    remedy:
      'Set spool.keep_hours to {wanted} or more (no more than {most} count), or back the store up more often and correct store.backup_hours.',
  },
  'config.refused': {
    text: '{message}',
    remedy: 'Correct each line that is named, and check again; a running agent takes it over by itself.',
  },
  'config.left-out': {
    text: 'Not looked at before this file is right: keys, certificates, proofs, bays, power, the way to the broker, the store.',
  },
  'config.all-left-out': {
    text: 'Looked at nothing but the system: the file does not tell where the spool is, so neither agent nor disk could be asked.',
  },
  'file.refused': { text: 'The file cannot be used: {message}' },
  'file.remark': { text: 'Remark: {message}' },
  'key.mode': {
    text: 'Others can use this secret file.',
    remedy: 'If others work on this machine, make a new key instead: this one may be known.',
  },
  'key.owner': { text: 'This secret file belongs to somebody who has no business with it.' },
  'key.missing': {
    text: 'The signing key is not there.',
    remedy:
      'Put it there, or correct its path. A new signing key: `bodydock keys make station`; the store must learn it then.',
  },
  'tls.key-missing': {
    text: 'The private key of the certificate is not there.',
    remedy:
      'Put it there, or correct its path. `bodydock keys enrol` makes the key of the certificate and asks for a new certificate.',
  },
  'tls.file-missing': {
    text: 'The file with certificates is not there.',
    remedy:
      'Put it there, or correct its path. `bodydock keys enrol` asks for a new certificate; the answer brings those of the authorities, too.',
  },
  'file.missing': { text: 'The file is not there.', remedy: 'Put it there, or correct its path.' },
  'key.own-pin': {
    text: 'The key of this station is listed as a key of the store.',
    remedy: 'store.public_keys takes the second line of store.pub.',
  },
  'tls.expired': {
    text: 'The certificate has expired.',
    remedy:
      'Enrol once more for a new certificate (`bodydock keys enrol`), or put one of the authority in the place of this one; no restart is needed.',
  },
  'tls.expiring': {
    text: 'The certificate expires within 30 days.',
    remedy:
      'Enrol once more for a new certificate (`bodydock keys enrol`), or put one of the authority in the place of this one; no restart is needed.',
  },
  'tls.not-yet-valid': {
    text: 'The certificate is not valid yet: the clock of this machine is wrong, or it was made for later.',
  },
  'tls.name': {
    text: 'The common name of the certificate is not the id of this station ({station}).',
    remedy: 'Get a certificate with that common name: the broker goes by it.',
  },
  'tls.key-mismatch': {
    text: 'The key does not belong to the certificate.',
    remedy: 'Name the key that the certificate was made with.',
  },
  'proof.missing': {
    text: 'There is no proof that all recipients can open ({count} without): no camera is emptied.',
    remedy:
      'Never bring an identity here. Take the challenges to where it is, answer them there, install the answers here (handbook, 1.7), then `systemctl restart bodydock`.',
  },
  // The disk.
  'disk.good': { text: '{free} free on {type}; 64 KiB are durable after {ms} ms.' },
  'disk.absent': { text: 'There is no spool yet: the first start makes it.' },
  'disk.no-parent': {
    text: 'There is no spool yet, and no folder {parent}: the first start makes the last part of the path alone.',
    remedy: 'Mount the disk on which it lies, or make the folder for the user of the agent.',
  },
  'disk.not-makable': {
    text: 'There is no spool yet, and it cannot be made: nothing can be written into {parent}.',
    remedy:
      'Name a folder on a disk that can be written. A unit writes elsewhere than below /var/lib only with ReadWritePaths= (`systemctl edit bodydock`).',
  },
  'disk.file-system': {
    text: 'The spool lies on {type}, which does not keep what was synced and renamed.',
    remedy: 'Mount a local disk with ext4, XFS, Btrfs or F2FS, and name a folder on it as spool.path.',
  },
  'disk.memory': {
    text: 'The spool lies in memory ({type}): at power-off all is gone that the store does not have.',
    remedy: 'Mount a local disk with ext4, XFS, Btrfs or F2FS, and name a folder on it as spool.path.',
  },
  'disk.boot': {
    text: 'The spool lies on the boot partition: full, it keeps the machine from being updated.',
    remedy: 'Mount a local disk with ext4, XFS, Btrfs or F2FS, and name a folder on it as spool.path.',
  },
  'disk.read-only': {
    text: 'The disk of the spool is read-only. A kernel that did so by itself found the disk damaged.',
    remedy:
      'Look why. Do not make it writable where the kernel names errors: check or change the disk first. Cameras keep their recordings.',
  },
  'disk.link': {
    text: 'The spool is a symbolic link.',
    remedy: 'Name the folder itself: a link can be turned elsewhere.',
  },
  'disk.no-folder': { text: 'The spool is no folder.' },
  'disk.unreadable': { text: 'The spool cannot be looked at.' },
  'disk.unwritable': { text: 'Nothing can be written into the spool ({reason}).' },
  'disk.full': {
    text: 'The disk is full ({free} free): no camera is read.',
    remedy:
      'Restore the connection to the store, and remove files that are not in the spool. Delete nothing in the spool.',
  },
  'disk.low': {
    text: 'Only {free} are free on the disk.',
    remedy: 'Check the connection to the store before the disk is full.',
  },
  'disk.inodes': {
    text: 'The disk has only {count} inodes left: no further files can be made.',
    remedy: 'Remove small files that are not in the spool.',
  },
  'disk.reserve': {
    text: 'The reserve for log and records is not whole. The agent makes it as soon as there is space.',
  },
  'disk.slow': {
    text: 'The disk is slow: 64 KiB were durable only after {ms} ms.',
    remedy: 'A worn memory card does that. If it stays so, change it.',
  },
  'spool.mode': {
    text: 'Others can look into the spool (mode {mode}). What lies there is sealed, but not the log.',
  },
  'spool.owner': {
    text: 'It does not belong to the user of the agent (number {user}), who then cannot work with it.',
  },
  // Bays, system and the running agent.
  'agent.good': { text: 'The agent runs and says that all is well.' },
  'agent.absent': {
    text: 'No agent runs on this spool.',
    remedy:
      'Mend first what stands as an error elsewhere, then start it. What it says: `journalctl -u bodydock -n 50`.',
  },
  'agent.busy': {
    text: 'An agent holds the spool and does not answer: it starts or stops.',
    remedy: 'Ask again in a minute.',
  },
  'agent.denied': { text: 'This user may not ask the agent.' },
  'agent.silent': {
    text: 'The agent does not answer.',
    remedy: 'A hanging disk or mount does that; the watchdog starts the agent anew.',
  },
  'agent.path-length': {
    text: 'The name of the spool is too long for the socket of the agent: `bodydock status` cannot ask.',
    remedy: 'Choose a shorter spool.path.',
  },
  'bay.good': { text: 'The ports and folders of all bays are there.' },
  'bay.absent': {
    text: 'It is not there: the bay counts as empty until it appears. With a camera in the bay, this is wrong.',
  },
  'bay.owner': {
    text: 'It {message}.',
    remedy:
      'What is taken from this bay can never be erased from the camera as it is. A mounted card: mount it for that user (uid=, gid=).',
  },
  'bay.no-hub': { text: 'The hub of this bay ({hub}) is not there: the dock is unplugged or has no power.' },
  'bay.no-folder': { text: 'The folder of the bay is no folder.' },
  'bay.same-folder': { text: 'A link leads the bay to files that are none of a camera, or of another bay.' },
  'bay.no-port': { text: 'The port of the bay is no serial port.' },
  'bay.same-port': { text: 'Two bays have the same port.' },
  'bay.wandering-port': {
    text: 'This name does not follow the socket: after a restart it may be another bay.',
  },
  'bay.port-denied': {
    text: 'This user may not open the port. The unit runs the agent in the group dialout.',
  },
  'bay.refused': {
    text: 'The device in this bay is not opened: it is no camera that a driver knows, or shows an interface that no camera needs.',
  },
  'bay.device-denied': {
    text: 'The agent (user {user}) may not open the camera at this port ({node}).',
    remedy: 'The udev rule of the package gives it to the group bodydock; then plug the camera in again.',
  },
  'power.good': { text: 'The power of the ports of all bays can be switched where a camera hangs.' },
  'power.off': {
    text: 'The power helper is off: where a camera hangs and a reset does not help, somebody must pull it.',
    remedy: 'It is optional, and needs a hub that switches each port by itself.',
  },
  'power.silent': { text: 'The power helper is turned on and does not answer.' },
  'power.no-switch': {
    text: 'The kernel has no switch for this port: Linux is older than 6.0, or the hub is not there.',
  },
  'system.good': { text: 'The service is enabled and active.' },
  'system.none': { text: 'systemd does not run here: nothing starts the agent by itself.' },
  'system.no-unit': { text: 'The unit bodydock.service is not installed.' },
  'system.disabled': { text: 'The service is not enabled: after a power cut the station stays dead.' },
  'system.failed': { text: 'The service is {state}; it was started anew {restarts} times.' },
  'system.no-rules': {
    text: 'The udev rule is not installed: the agent may not open cameras, and other programs may.',
    remedy: 'Install the package, or copy 70-bodydock.rules there.',
  },
  'system.no-module': { text: 'The kernel has no {module}, which a bay here needs.' },
  'clock.good': { text: 'The clock is synchronised; time zone {zone}.' },
  'clock.unsynchronised': {
    text: 'The clock is not synchronised: capture times carry its uncertainty, and cameras are not set.',
  },
  'clock.unknown': { text: 'The system does not say whether its clock is synchronised; time zone {zone}.' },
  'clock.zone': {
    text: 'The time zone is UTC: cameras that only know local time would be read wrongly by hours.',
  },
  // The way to the broker, the rights there, and the store.
  'broker.good': { text: 'The broker is reached and takes this station (MQTT {version}).' },
  'broker.by-agent': { text: 'The agent is connected to the broker.' },
  'broker.not-tried': {
    text: 'Login, rights and store were not tried: an agent runs, and a second login with its certificate could cut it off.',
    remedy: 'To try them anyway (the agent comes back by itself within minutes):',
  },
  'broker.no-name': {
    text: 'The name of the broker cannot be resolved ({reason}).',
    remedy: 'Check broker.url, the network cable and the name server.',
  },
  'broker.no-connection': {
    text: 'The broker does not answer at this address ({reason}).',
    remedy: 'Check that it runs and that no firewall is between. On its machine:',
  },
  'broker.unanswered': {
    text: 'Connected, but the peer did not answer as an MQTT broker ({reason}).',
    remedy: 'The log of the broker says why; another service at that port says nothing of MQTT.',
  },
  'broker.refused': {
    text: 'The broker refuses this station: {words} (code {code}).',
    remedy: 'On the machine of the broker:',
  },
  'broker.password-refused': {
    text: 'The broker refuses the account {user}: the password is not the one that it knows, or the account has no right to connect.',
    remedy:
      'Set the password at the broker, have it read its file again (systemctl reload mosquitto), and put the same one into {file}. On the machine of the broker:',
  },
  'broker.password-missing': {
    text: 'The file with the password for the broker is not there.',
    remedy: 'Put the password of the account into it, one line, for the service alone:',
  },
  'broker.by-password': {
    text: "This station logs in at the broker by password. The broker's word alone says which station a message is from, and whoever copies the password can speak for this station there. Recordings, docking records and receipts are signed as always; over a network the connection has TLS.",
    remedy: 'A client certificate binds the name to a key of this machine (handbook, "Brokers").',
  },
  'broker.username': {
    text: 'broker.username is not the id of this station ({station}): the ACL of this package lets each account write below its own name only.',
    remedy: 'Give the account the id of the station as its name, or the broker an ACL of its own.',
  },
  'tls.good': { text: '{protocol}; the certificate of the broker is trusted until {until}.' },
  'tls.server-authority': {
    text: 'The certificate of the broker is not of the authority in ca_file: it was issued by "{issuer}", ca_file holds "{authority}".',
    remedy:
      'If the broker is the right one, put the certificate of its authority into {file}. If not, somebody is in between: do not trust it.',
  },
  'tls.server-name': {
    text: 'The certificate of the broker is for {names}, not for {host}.',
    remedy: 'Write a name of the certificate into broker.url, or get the broker a certificate for this one.',
  },
  'tls.server-expired': {
    text: 'The certificate of the broker expired at {until}.',
    remedy: 'Get the broker a new certificate; or the clock of this machine is wrong (`timedatectl`).',
  },
  'tls.server-not-yet-valid': {
    text: 'The certificate of the broker is valid from {from} on: the clock of this machine is wrong, or it was made for later.',
  },
  'tls.server-expiring': {
    text: 'The certificate of the broker expires at {until}.',
    remedy: 'Get the broker a new certificate.',
  },
  'tls.plain': {
    text: 'This port does not offer TLS.',
    remedy: 'Name the port of the secured listener in broker.url (mosquitto: 8883).',
  },
  'tls.version': {
    text: 'The broker does not offer TLS 1.3, and nothing older is taken.',
    remedy: 'mosquitto: `tls_version tlsv1.3` in its configuration.',
  },
  'tls.client-refused': {
    text: 'The broker does not accept the certificate of this station ({reason}).',
    remedy:
      'It must be issued by an authority that the broker knows (mosquitto: cafile), be in date and not revoked.',
  },
  'tls.failed': { text: 'The secured connection fails: {reason}.' },
  'acl.good': { text: 'The rights at the broker are right: own topics yes, those of other stations no.' },
  'acl.untold': {
    text: 'Rights cannot be tried here: the broker speaks MQTT 3.1.1, or is open on this machine.',
  },
  'acl.own-refused': {
    text: 'This station may not write {topic}.',
    remedy:
      'On the machine of the broker: compare its ACL with mosquitto.acl of this package, and reload it.',
  },
  'acl.foreign-write': {
    text: 'This station may write the topics of other stations ({topic}).',
    remedy:
      'On the machine of the broker: compare its ACL with mosquitto.acl of this package, and reload it.',
  },
  'acl.foreign-read': {
    text: 'This station may read what other stations say ({topic}).',
    remedy:
      'On the machine of the broker: compare its ACL with mosquitto.acl of this package, and reload it.',
  },
  'monitoring.wildcard': {
    text: 'What the broker retains reaches a subscription with a wildcard: every example for monitoring works with it.',
  },
  'monitoring.full-topic': {
    text: 'The broker gives what it retains to full topics only, as RabbitMQ does: monitoring that subscribes with a wildcard sees no station, and says nothing of it.',
    remedy:
      'Zabbix works as it is. Checkmk: list the stations in bodydock-stations. Home Assistant: --station and --yaml. Telegraf: name the topics of bays in full.',
  },
  'monitoring.neither': {
    text: 'The broker retains nothing: monitoring sees a state only when it changes, and never that of a station that is lost.',
    remedy: 'Switch retained messages on at the broker, or take another one. Recordings still arrive.',
  },
  'monitoring.untold': {
    text: 'Which monitoring works with this broker was not found out: this station may not read its own trial topic.',
    remedy:
      'Add the line `pattern read bodydock/v1/%u/up/trial` to the ACL (mosquitto.acl of this package has it), or ask at the store:',
  },
  'store.good': { text: 'The store answers ({receiver}), signed with a key that this station knows.' },
  'store.by-agent': { text: 'The agent last heard from the store {seconds} s ago.' },
  'store.unheard': {
    text: 'The agent has not heard from the store since it started.',
    remedy: 'On the machine of the store:',
  },
  'store.silent': {
    text: 'The broker is there, but no receiver of the store answers. Recordings wait on the station.',
    remedy:
      'Does it run, is it connected, does its file list this station with its key, and may it write {topic}? On its machine:',
  },
  'store.stranger': {
    text: 'Somebody answers as the store, but not with a key and name of this configuration ({reason}).',
    remedy:
      'Compare store.public_keys and store.receivers with the store. If they are right, someone may be impersonating the store: call IT security. On the store:',
  },
} as const;

// What dpkg runs around a package (Debian Policy, chapter 6). They are few and plain: whoever stands before a half installed station reads them.
//
// Invariants:
// 1. Nothing is started before a person has configured it, and what runs goes on with the old program until the new one is whole.
// 2. Nothing under /etc/bodydock and /var/lib is ever removed, by purge neither: it may be the only copy of a recording, or its key.
import type { Part } from './parts.ts';

/** Scripts by name. */
export function maintainerScripts(part: Part): Readonly<Record<string, string>> {
  return { postinst: postinst(part), prerm: prerm(part), postrm: postrm(part) };
}

const HEAD = `#!/bin/sh
set -e
`;

const STATE: Readonly<Record<string, { readonly kept: string; readonly en: string; readonly de: string }>> = {
  bodydock: {
    kept: '/etc/bodydock and /var/lib/bodydock',
    en: 'configuration, keys, and recordings that the store may not have yet',
    de: 'Konfiguration, Schlüssel und Aufzeichnungen, die der Zentralspeicher vielleicht noch nicht hat',
  },
  'bodydock-receiver': {
    kept: '/etc/bodydock and /var/lib/bodydock-receiver',
    en: 'configuration, keys, and the vault',
    de: 'Konfiguration, Schlüssel und der Tresor',
  },
};

const STEPS: Readonly<Record<string, string>> = {
  bodydock: `bodydock is installed and not started. At a store, and where recordings are opened, its commands are all that is needed:
nothing below is to be done there. On a station, to set it up, as root:
  1. bodydock keys make station --out /etc/bodydock/keys
  2. edit /etc/bodydock/station.yaml: replace what says REPLACE, name your bays
  3. bodydock keys enrol      a file for the store, and one back: certificate, and whom to trust
  4. bodydock check
  5. bodydock doctor
  6. systemctl enable --now bodydock      then: bodydock status
Each step, and what comes before the first docking: /usr/share/doc/bodydock/handbook.en.md

bodydock ist installiert und noch nicht gestartet. Beim Zentralspeicher, und wo Aufzeichnungen geöffnet werden, genügen seine
Befehle: Dort ist nichts von Folgendem zu tun. Eine Station einrichten, als root:
  1. bodydock keys make station --out /etc/bodydock/keys
  2. /etc/bodydock/station.yaml bearbeiten: ersetzen, wo REPLACE steht; Plätze eintragen
  3. bodydock keys enrol --lang de      eine Datei zum Zentralspeicher, eine zurück: Zertifikat, und wem zu trauen ist
  4. bodydock check
  5. bodydock doctor --lang de
  6. systemctl enable --now bodydock      danach: bodydock status --lang de
Jeder Schritt, und was vor der ersten Kamera kommt: /usr/share/doc/bodydock/handbook.de.md`,
  'bodydock-receiver': `bodydock-receiver is installed and not started. To set up this store, as root:
  1. bodydock keys make store --out /etc/bodydock/keys      (package bodydock, on this machine)
  2. edit /etc/bodydock/receiver.yaml: replace what says REPLACE
  3. bodydock-receiver enrol REQUEST      for each station: answers the file of bodydock keys enrol
  4. bodydock-receiver check
  5. systemctl enable --now bodydock-receiver

bodydock-receiver ist installiert und noch nicht gestartet. Einrichten, als root:
  1. bodydock keys make store --out /etc/bodydock/keys      (Paket bodydock, auf diesem Gerät)
  2. /etc/bodydock/receiver.yaml bearbeiten: ersetzen, wo REPLACE steht
  3. bodydock-receiver enrol ANTRAG --lang de      für jede Station: beantwortet die Datei von bodydock keys enrol
  4. bodydock-receiver check
  5. systemctl enable --now bodydock-receiver`,
};

/** The example that becomes the file to edit. */
const EXAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  bodydock: ['/usr/share/bodydock/station.example.yaml', '/etc/bodydock/station.yaml'],
  'bodydock-receiver': ['/usr/share/bodydock-receiver/receiver.example.yaml', '/etc/bodydock/receiver.yaml'],
};

function postinst(part: Part): string {
  const [example = '', file = ''] = EXAMPLES[part.name] ?? [];
  const hasRules = part.files.some(({ to }) => to.endsWith('.rules'));
  return `${HEAD}
if [ "$1" = configure ]; then
  systemd-sysusers ${part.name}.conf
  systemd-tmpfiles --create ${part.name}.conf || true
  # Made once from the example, never touched again; the example itself stays where it is.
  [ -e ${file} ] || install -m 0644 ${example} ${file}
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
${hasRules ? '    udevadm control --reload 2>/dev/null || true\n    udevadm trigger --action=change --subsystem-match=usb --subsystem-match=tty --subsystem-match=block 2>/dev/null || true\n' : ''}    # Only what runs is started again, with the new program. What it was doing, it goes on with. All in one call: systemd ends the agent before
    # its helpers, and starts it behind them.
    deb-systemd-invoke try-restart ${part.units.join(' ')} || true
  fi
  if [ -z "$2" ]; then
    cat <<'END'

${STEPS[part.name] ?? ''}

END
  fi
fi
`;
}

function prerm(part: Part): string {
  const units = part.units.join(' ');
  return `${HEAD}
# An upgrade stops nothing: the old program goes on until the new one is whole.
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop ${units} || true
  systemctl --quiet disable ${units} || true
fi
`;
}

function postrm(part: Part): string {
  const { kept = '', en = '', de = '' } = STATE[part.name] ?? {};
  return `${HEAD}
if [ "$1" = remove ] || [ "$1" = purge ]; then
  if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
fi
if [ "$1" = purge ]; then
  cat <<'END'
${part.name}: ${kept} stay (${en}).
Remove them yourself once nobody needs them; the user ${part.name} stays with them.
${part.name}: ${kept.replace(' and ', ' und ')} bleiben (${de}).
Erst von Hand entfernen, wenn sie niemand mehr braucht; der Benutzer ${part.name} bleibt mit ihnen.
END
fi
`;
}

// What `bodydock check` and `bodydock-receiver check` say, in English.

export const CHECK_EN = {
  warning: 'warning: {file}: {message}',
  refused: {
    one: 'not good: {count} problem with {file}',
    other: 'not good: {count} problems with {file}',
  },
  stationGood:
    'good: {file}: station {station}, bays {bays}{ports}, cameras {cameras}, recipients {recipients} ({proofs}), release {release}',
  serialPorts: ' ({count} with a serial port)',
  proven: 'all proven',
  unproven: '{count} without proof',
  receiverGood: `good: {file}: receiver {receiver}, vault {vault}, stations {stations}
recordings stay {days} days, documents {documentsDays}, unless a policy of both roles says otherwise; what is due is deleted {timer}; orders by {officers} officers and {supervisors} supervisors
\`bodydock-receiver expire --preview\` shows what is due when, what is held and what came late`,
  timerOff: 'only when `expire` is called',
  timer: { one: 'every hour', other: 'every {count} hours' },
  'severity.good': '',
  'severity.note': 'note: ',
  'severity.warning': 'warning: ',
  'severity.error': 'error: ',
  brokerTaken: 'The broker takes this receiver.',
  brokerUnreachable: 'The broker was not reached, or did not take this receiver ({detail}).',
  brokerUnreachableRemedy: 'The log of the broker says why: journalctl -u mosquitto -n 50',
  monitoringUntold:
    'Which monitoring works with this broker was not found out: no station of this file has said anything yet, or this receiver may not read it.',
  monitoringUntoldRemedy:
    'Ask again when a station is connected. The ACL lets the receiver read <base>/v1/+/status (mosquitto.acl of this package).',
} as const;

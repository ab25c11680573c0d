import { type Credential, credentialPath, LAYOUT } from './layout.js'

export interface UnitOptions {
  /** Path of the Node that runs it. */
  readonly node: string
  readonly credentials: readonly Credential[]
}

/**
 * The systemd unit of the daemon (systemd 252 and later). It has a user of its own for as long as it runs, no capability, no device, a
 * file system that it cannot write to, and of the system calls those of a plain network service. What is left open and why:
 * MemoryDenyWriteExecute, because V8 compiles; the network, because that is what it serves; and its children may notify, because a
 * datagram socket is nothing that Node has, so `systemd-notify` speaks for it.
 */
export function unitText({ node, credentials }: UnitOptions): string {
  return `${[
    '# Written by `cmux-pve pool install`, which replaces it: put changes of your own into a drop-in (systemctl edit).',
    '[Unit]',
    'Description=cmux-pve pool: keeps containers of Proxmox VE ready',
    `Documentation=file:${LAYOUT.current}/docs/pool.md`,
    'Wants=network-online.target',
    'After=network-online.target pveproxy.service',
    '# Proxmox may be away for long: never give up.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=notify',
    'NotifyAccess=all',
    `ExecStart=${node} ${LAYOUT.current}/bin/run.js pool serve`,
    `EnvironmentFile=${LAYOUT.environment}`,
    ...credentials.map((name) => `LoadCredential=${name}:${credentialPath(name)}`),
    ...(credentials.includes('ssh-key') ? ['Environment=PVE_SSH_KEY=%d/ssh-key'] : []),
    'WatchdogSec=30',
    'TimeoutStartSec=90',
    '# It is out within 25 s of SIGTERM.',
    'TimeoutStopSec=30',
    'KillMode=mixed',
    'Restart=always',
    'RestartSec=2',
    '',
    'DynamicUser=yes',
    'RuntimeDirectory=cmux-pve',
    'RuntimeDirectoryMode=0755',
    'WorkingDirectory=/',
    ...HARDENING,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`
}

const HARDENING = [
  'UMask=0077',
  'MemoryMax=512M',
  'TasksMax=64',
  'AmbientCapabilities=',
  'CapabilityBoundingSet=',
  'DevicePolicy=closed',
  'KeyringMode=private',
  'LockPersonality=yes',
  'NoNewPrivileges=yes',
  'PrivateDevices=yes',
  'PrivateIPC=yes',
  'PrivateMounts=yes',
  'PrivateTmp=yes',
  'PrivateUsers=yes',
  'ProcSubset=pid',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHome=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'ProtectSystem=strict',
  'RemoveIPC=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
  'SystemCallErrorNumber=EPERM',
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@privileged @resources',
]

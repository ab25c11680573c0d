#!/bin/sh
# The least that the pool daemon must be allowed. Run it on one node of the cluster, as root; it can be run again.
set -eu
pveum user add cmux-pool@pve --comment 'cmux-pve pool daemon' 2>/dev/null ||
  pveum user modify cmux-pool@pve --comment 'cmux-pve pool daemon'
pveum role add CmuxPool --privs 'VM.Audit VM.Allocate VM.Clone VM.PowerMgmt VM.Snapshot VM.Config.Options VM.Config.Network' 2>/dev/null ||
  pveum role modify CmuxPool --privs 'VM.Audit VM.Allocate VM.Clone VM.PowerMgmt VM.Snapshot VM.Config.Options VM.Config.Network'
pveum role add CmuxPoolStorage --privs Datastore.AllocateSpace 2>/dev/null ||
  pveum role modify CmuxPoolStorage --privs Datastore.AllocateSpace
pveum role add CmuxPoolNetwork --privs SDN.Use 2>/dev/null ||
  pveum role modify CmuxPoolNetwork --privs SDN.Use
pveum role add CmuxPoolAudit --privs Sys.Audit 2>/dev/null ||
  pveum role modify CmuxPoolAudit --privs Sys.Audit
pveum acl modify /vms --users cmux-pool@pve --roles CmuxPool
pveum acl modify /storage --users cmux-pool@pve --roles CmuxPoolStorage
pveum acl modify /sdn/zones/localnetwork/vmbr0 --users cmux-pool@pve --roles CmuxPoolNetwork
pveum acl modify /nodes --users cmux-pool@pve --roles CmuxPoolAudit

# The token, unless there is one. Its secret is printed once: full-tokenid=value goes into
# /etc/cmux-pve/credentials/PVE_API_TOKEN on the machine of the daemon (mode 0600).
pveum user token add cmux-pool@pve daemon --privsep 0 --output-format json

install -d -m 0755 /opt/cmux /opt/cmux/bin /opt/cmux/config /var/log/cmux /root/workspace
# Dumps of processes hold whatever their memory held.
install -d -m 0700 /opt/cmux/checkpoints

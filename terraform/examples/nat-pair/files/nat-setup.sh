#!/bin/sh
# Makes this node a NAT instance for ${cidr}, now and at each boot. Its port 8080 says whether it is one.
set -eu
root=$${NAT_ROOT:-}

command -v nft >/dev/null || { echo "nat-setup: this image lacks nftables" >&2; exit 1; }

echo 'net.ipv4.ip_forward = 1' >"$root/etc/sysctl.d/90-nat-pair.conf"

# The ports are those that the network's ACL lets replies come back to.
cat >"$root/etc/nat-pair.nft" <<'RULES'
table ip nat_pair
delete table ip nat_pair
table ip nat_pair {
  chain postrouting {
    type nat hook postrouting priority 100;
    ip saddr ${cidr} ip daddr != ${cidr} meta l4proto { tcp, udp } masquerade to :32768-60999
    ip saddr ${cidr} ip daddr != ${cidr} masquerade
  }
}
RULES

cat >"$root/etc/systemd/system/nat-pair.service" <<'UNIT'
[Unit]
Description=Network address translation for the private subnets
After=nftables.service firewalld.service systemd-sysctl.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=nft -f /etc/nat-pair.nft
[Install]
WantedBy=multi-user.target
UNIT

cat >"$root/etc/systemd/system/nat-health.socket" <<'UNIT'
[Socket]
ListenStream=8080
Accept=yes
[Install]
WantedBy=sockets.target
UNIT

cat >"$root/etc/systemd/system/nat-health@.service" <<'UNIT'
[Unit]
Description=Says whether this node translates
CollectMode=inactive-or-failed
[Service]
ExecStart=/usr/local/sbin/nat-health
StandardInput=socket
StandardError=journal
RuntimeMaxSec=5
LogLevelMax=warning
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
UNIT

# The request is read to its end: a connection closed before that would lose the answer.
cat >"$root/usr/local/sbin/nat-health" <<'HEALTH'
#!/bin/sh
end=$(printf '\r')
while IFS= read -r line && [ "$line" != "$end" ]; do :; done
status='200 OK' fault='forwards and translates'
nft list table ip nat_pair 2>/dev/null | grep -q masquerade || { status='503 No' fault='the rules are not loaded'; }
[ "$(sysctl -n net.ipv4.ip_forward)" = 1 ] || { status='503 No' fault='the kernel does not forward'; }
printf 'HTTP/1.0 %s\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n%s\n' "$status" "$fault"
HEALTH
chmod 755 "$root/usr/local/sbin/nat-health"

sysctl --system >/dev/null
systemctl daemon-reload
systemctl enable --now nat-pair.service nat-health.socket

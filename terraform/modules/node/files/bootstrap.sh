#!/bin/sh
# failover-bootstrap install [WHEELS]   the toolkit and nothing else: for baking an image
# failover-bootstrap configure          the configuration of this node, then its services: for user data
# failover-bootstrap refresh            the configuration again, if it changed: each minute, as configure sets it up
# Install and configure, one after the other, make a plain image a node. WHEELS is a folder or an S3 prefix with the
# toolkit's wheels.
set -eu

etc=${FAILOVER_ETC:-/etc/failover}
home=${FAILOVER_HOME:-/opt/failover}
bin=${FAILOVER_BIN:-/usr/local/bin}
profile=${FAILOVER_PROFILE:-/etc/profile.d/failover.sh}
systemd=${FAILOVER_SYSTEMD:-/run/systemd/system}
units=${FAILOVER_UNITS:-/etc/systemd/system}
cron=${FAILOVER_CRON:-/etc/cron.d}
self=$(readlink -f "$0")
if [ -r "$etc/bootstrap.env" ]; then
    set -a
    # shellcheck disable=SC1091
    . "$etc/bootstrap.env"
    set +a
fi

say() { echo "failover-bootstrap: $*" >&2; }

python_for_the_toolkit() {
    for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

install() {
    wheels=${1:-${FAILOVER_PACKAGES_URL:-}}
    if [ -z "$wheels${FAILOVER_REQUIREMENT:-}" ]; then
        say "name the folder or the S3 prefix of its wheels, or set FAILOVER_REQUIREMENT to what your index calls it"
        exit 2
    fi
    requirement=${FAILOVER_REQUIREMENT:-aws-failover-toolkit}
    if ! python=$(python_for_the_toolkit); then
        say "no Python 3.11 or newer with venv here; installing one"
        if command -v dnf >/dev/null; then
            dnf -q -y install python3.11
        else
            apt-get -q update
            apt-get -q -y install python3-venv
        fi
        python=$(python_for_the_toolkit) || { say "still none: use a newer image"; exit 1; }
    fi
    "$python" -m venv "$home"
    case $wheels in
        "") "$home/bin/pip" install --quiet "$requirement" ;;
        s3://*)
            aws s3 sync --only-show-errors "$wheels" "$home/wheels"
            "$home/bin/pip" install --quiet --no-index --find-links "$home/wheels" "$requirement"
            ;;
        *) "$home/bin/pip" install --quiet --no-index --find-links "$wheels" "$requirement" ;;
    esac
    mkdir -p "$bin"
    ln -sf "$home/bin/failover" "$bin/failover"
    say "installed $requirement"
}

# Prints the configuration. Ends with 3 while it does not name this instance and $1 is "own".
ask() {
    "$home/bin/python" - "$FAILOVER_PARAMETER" "$1" <<'PYTHON'
import os, sys
import boto3
from botocore.config import Config
from toolkit.aws.imds import Imds
from toolkit.bootstrap import SystemClock

parameter, whose = sys.argv[1:]
try:
    here = Imds(clock=SystemClock(), timeout_seconds=5)
    region = os.environ.get("AWS_DEFAULT_REGION") or here.get("placement/region")
    patience = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    ssm = boto3.client("ssm", region_name=region, config=patience)
    text = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    me = here.get("instance-id") if whose == "own" else ""
except Exception as error:
    sys.exit(f"failover-bootstrap: {type(error).__name__}: {error}")
if whose == "own" and f'"{me}"' not in text:
    sys.exit(3)
print(text)
PYTHON
}

# The parameter names every instance, so it appears only after the last of them was created. When a node is replaced it
# is there before, and names the one that is gone.
fetch() {
    tries=${FAILOVER_TRIES:-60}
    while true; do
        ended=0
        ask own >"$etc/failover.json.new" || ended=$?
        if [ "$ended" = 0 ]; then return; fi
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then break; fi
        sleep "${FAILOVER_WAIT_SECONDS:-10}"
    done
    if [ "$ended" = 3 ]; then
        say "$FAILOVER_PARAMETER does not name this instance: did the apply that made it end well?"
    else
        say "$FAILOVER_PARAMETER cannot be read: check the route to SSM and the role of this node"
    fi
    exit 1
}

take() {
    "$bin/failover" config check "$etc/failover.json.new"
    mv "$etc/failover.json.new" "$etc/failover.json"
}

# Nothing waits for them: a reclaim may take minutes, and it may rightly end in a hold.
start() {
    if [ -d "$systemd" ]; then
        for service in "$@"; do
            set -- "$@" "failover-$service.service"
            shift
        done
        systemctl daemon-reload
        systemctl enable --now --no-block failover-refresh.timer "$@"
        return
    fi
    for service in "$@"; do
        pgrep -f "$bin/failover $service --config $etc/failover.json" >/dev/null || begin "$service"
    done
}

# What cron does at the next boot.
begin() {
    # shellcheck disable=SC2016
    setsid -f sh -c '"$1" "$2" --config "$3" 2>&1 | logger -t "failover-$2"' sh \
        "$bin/failover" "$1" "$etc/failover.json" </dev/null >/dev/null 2>&1
}

# Nodes are replaced and addresses added after the first boot: the others must not go on with what is gone.
schedule_refresh() {
    if [ ! -d "$systemd" ]; then
        mkdir -p "$cron"
        echo "* * * * * root $self refresh 2>&1 | logger -t failover-refresh" >"$cron/failover-refresh"
        return
    fi
    mkdir -p "$units"
    cat >"$units/failover-refresh.service" <<UNIT
[Unit]
Description=Takes the failover configuration anew when it changed
After=network-online.target
[Service]
Type=oneshot
ExecStart=$self refresh
TimeoutStartSec=120
UNIT
    cat >"$units/failover-refresh.timer" <<UNIT
[Timer]
OnBootSec=60
OnUnitActiveSec=60
RandomizedDelaySec=10
[Install]
WantedBy=timers.target
UNIT
}

# The watcher takes a file anew while it runs. The agent reads it when it starts, and remembers what it had added.
tell_services() {
    if [ -d "$systemd" ]; then
        systemctl --no-block try-reload-or-restart failover-watch.service
        systemctl --no-block try-restart failover-agent.service
    else
        pkill -HUP -f "^$home/bin/python.* $bin/failover watch " || true
        if pkill -f "^$home/bin/python.* $bin/failover agent "; then begin agent; fi
    fi
}

refresh() {
    need_parameter
    ask any >"$etc/failover.json.new"
    if [ -e "$etc/untold" ] || [ "$(cat "$etc/failover.json.new")" != "$(cat "$etc/failover.json")" ]; then
        : >"$etc/untold" # what ends between here and the last line is made good the next time
        take
        tell_services
        rm "$etc/untold"
        say "took the new configuration from $FAILOVER_PARAMETER"
    fi
}

need_parameter() {
    if [ -z "${FAILOVER_PARAMETER:-}" ]; then
        say "$etc/bootstrap.env does not set FAILOVER_PARAMETER, the SSM parameter that holds the configuration"
        exit 2
    fi
    trap 'rm -f "$etc/failover.json.new"' EXIT
}

configure() {
    need_parameter
    services=${FAILOVER_SERVICES-agent watch reclaim}
    mkdir -p "$etc"
    fetch
    take
    echo "export FAILOVER_CONFIG=$etc/failover.json" >"$profile"
    if [ -n "$services" ]; then
        set -- "$([ -d "$systemd" ] && echo --systemd || echo --cron)" --config "$etc/failover.json"
        for service in $services; do set -- "$@" "--$service"; done
        "$bin/failover" install "$@"
    fi
    schedule_refresh
    # shellcheck disable=SC2086
    start $services
    say "configured from $FAILOVER_PARAMETER"
}

case ${1:-} in
    install) install "${2:-}" ;;
    configure) configure ;;
    refresh) refresh ;;
    *)
        say "use: failover-bootstrap install [WHEELS] | configure | refresh"
        exit 2
        ;;
esac

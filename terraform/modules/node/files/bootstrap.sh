#!/bin/sh
# failover-bootstrap install [WHEELS]   the toolkit and nothing else: for baking an image
# failover-bootstrap configure          the configuration of this node, then its services: for user data
# Both, one after the other, make a plain image a node. WHEELS is a folder or an S3 prefix with the toolkit's wheels.
set -eu

etc=${FAILOVER_ETC:-/etc/failover}
home=${FAILOVER_HOME:-/opt/failover}
bin=${FAILOVER_BIN:-/usr/local/bin}
profile=${FAILOVER_PROFILE:-/etc/profile.d/failover.sh}
systemd=${FAILOVER_SYSTEMD:-/run/systemd/system}
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

# The parameter names every instance, so it appears only after the last of them was created.
fetch() {
    tries=${FAILOVER_TRIES:-60}
    while ! "$home/bin/python" -c '
import sys, boto3
print(boto3.client("ssm").get_parameter(Name=sys.argv[1])["Parameter"]["Value"])
' "$FAILOVER_PARAMETER" >"$etc/failover.json.new"; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            rm -f "$etc/failover.json.new"
            say "$FAILOVER_PARAMETER cannot be read: check the route to SSM and the role of this node"
            exit 1
        fi
        sleep "${FAILOVER_WAIT_SECONDS:-10}"
    done
}

# Nothing waits for them: a reclaim may take minutes, and it may rightly end in a hold.
start() {
    if [ -d "$systemd" ]; then
        units=
        for service in "$@"; do units="$units failover-$service.service"; done
        systemctl daemon-reload
        # shellcheck disable=SC2086
        systemctl enable --now --no-block $units
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

configure() {
    if [ -z "${FAILOVER_PARAMETER:-}" ]; then
        say "$etc/bootstrap.env does not set FAILOVER_PARAMETER, the SSM parameter that holds the configuration"
        exit 2
    fi
    services=${FAILOVER_SERVICES-agent watch reclaim}
    mkdir -p "$etc"
    fetch
    "$bin/failover" config check "$etc/failover.json.new"
    mv "$etc/failover.json.new" "$etc/failover.json"
    echo "export FAILOVER_CONFIG=$etc/failover.json" >"$profile"
    if [ -n "$services" ]; then
        set -- "$([ -d "$systemd" ] && echo --systemd || echo --cron)" --config "$etc/failover.json"
        for service in $services; do set -- "$@" "--$service"; done
        "$bin/failover" install "$@"
        # shellcheck disable=SC2086
        start $services
    fi
    say "configured from $FAILOVER_PARAMETER"
}

case ${1:-} in
    install) install "${2:-}" ;;
    configure) configure ;;
    *)
        say "use: failover-bootstrap install [WHEELS] | configure"
        exit 2
        ;;
esac

#!/bin/sh
# system_packages.sh NAME…: installs the Debian packages that are missing, or says how to.
set -eu

missing=""
for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q "install ok installed" || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

install="apt-get install --yes --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages (by Debian's names) are missing:$missing. Install them and run the command again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo"
else
    echo "Debian packages are missing. As root, run:" >&2
    echo "    apt-get update && $install" >&2
    exit 1
fi
echo "» Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
case "$missing " in
*" postgresql "*)
    # The tests start servers of their own; the package is not to make and run one.
    $as_root apt-get install --yes --no-install-recommends postgresql-common >/dev/null
    $as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
    ;;
esac
# shellcheck disable=SC2086 # a list of words is meant
$as_root $install >/dev/null

#!/usr/bin/env bash
# Installs Debian's PostgreSQL and MariaDB, whose servers the SQL suite starts by itself on loopback with data of its own.
# Neither is left running as a service of the machine, and no cluster of PostgreSQL's is made.
set -euo pipefail

missing() {
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
    echo postgresql
  [[ -x /usr/sbin/mariadbd && -x /usr/bin/mariadb-install-db && -x /usr/bin/my_print_defaults ]] ||
    echo mariadb-server-core mariadb-client-core
}

read -ra packages <<<"$(missing | tr '\n' ' ')"
if [[ ${#packages[@]} -eq 0 ]]; then exit 0; fi

if [[ $EUID -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "packages are missing (${packages[*]}): run this as root" >&2; exit 1; }
  exec sudo "$0" "$@"
fi

# A package of a server starts it, and makes a cluster for it; here nobody wants that.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
fi
install() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "$@"; }
apt-get update -qq
if [[ " ${packages[*]} " == *' postgresql '* ]]; then
  install postgresql-common
  sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
fi
install "${packages[@]}"

still=$(missing)
if [[ -n $still ]]; then
  echo "installed, and still not there: what belongs to ${still//$'\n'/, }" >&2
  exit 1
fi

#!/usr/bin/env bash
# Installs Debian's PostgreSQL and MariaDB, whose servers the SQL suite starts by itself on loopback with data of its own.
# Neither is left running as a service of the machine.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
[[ -x /usr/sbin/mariadbd && -x /usr/bin/mariadb-install-db && -x /usr/bin/my_print_defaults ]] || missing+=(mariadb-server-core mariadb-client-core)
if [[ ${#missing[@]} -eq 0 ]]; then exit 0; fi

# A package of a server starts it; here nobody wants that.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"

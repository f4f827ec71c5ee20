#!/bin/sh
# Installs the Debian packages that the tests use, where that can be done without asking: as root or with a sudo that
# wants no password. Elsewhere it says what is missing; the tests that need it then say that they are skipped.
set -u
wanted="postgresql faketime openssh-server openssh-client libnss-wrapper openssl nginx haproxy sudo strace mariadb-server redis-server chromium buildah zsh fish rsyslog"

missing=""
for package in $wanted; do
  case "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "keyward: this is no Debian; tests that use$missing are skipped unless it is on the PATH" >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"
else
  echo "keyward: tests that need them are skipped without: sudo apt-get install$missing" >&2
  exit 1
fi

echo "keyward: installing the Debian packages that the tests use:$missing" >&2
# The tests need the programs alone: none may open this machine to the network, now or at the next start.
keep_off() {
  [ -d /run/systemd/system ] || return 0
  # shellcheck disable=SC2086 # a list of words
  $as_root systemctl mask $1 >&2 || exit 1
  echo "keyward: its service is masked; to use it one day: systemctl unmask $1" >&2
}
case "$missing" in *openssh-server*) keep_off "ssh.service ssh.socket" ;; esac
case "$missing" in *nginx*) keep_off nginx.service ;; esac
case "$missing" in *haproxy*) keep_off haproxy.service ;; esac
case "$missing" in *mariadb-server*) keep_off mariadb.service ;; esac
case "$missing" in *redis-server*) keep_off redis-server.service ;; esac
case "$missing" in *rsyslog*) keep_off "rsyslog.service syslog.socket" ;; esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # lists of words
if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "keyward: could not install$missing; tests that need them are skipped" >&2
  exit 1
fi

#!/usr/bin/env bash
# Installs SoftHSM, the test double of a PKCS#11 token, where it is missing: on Debian and its kin, as root.
# Elsewhere it says what to install and fails.
set -euo pipefail
for module in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so /usr/lib64/pkcs11/libsofthsm2.so; do
    if [ -e "$module" ] && command -v softhsm2-util >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing softhsm2 from the distribution: the tests of PKCS#11 tokens need it" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends softhsm2 >/dev/null
    exit 0
fi
echo "softhsm2 is missing and cannot be installed from here: install your distribution's package softhsm2" >&2
exit 1

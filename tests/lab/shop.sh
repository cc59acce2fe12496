#!/usr/bin/env bash
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# A commercial CA, as far as its customers see it: openssl alone, nothing of the collection.
# shop.sh open DIRECTORY                         root and intermediate
# shop.sh sign DIRECTORY REQUEST FORM FILE       FORM is pkcs7, leaf, or reversed (root first, with CRLF)
set -euo pipefail
umask 077
command=$1
mkdir -p "$2"
cd "$2"

case $command in
    open)
        authority=(-addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign')
        openssl req -x509 -newkey rsa:2048 -noenc -days 3650 -subj '/CN=Commercial Root' "${authority[@]}" -keyout root.key -out root.pem
        openssl req -newkey rsa:2048 -noenc -subj '/CN=Commercial Issuing CA' "${authority[@]}" -keyout issuing.key -out issuing.csr
        openssl x509 -req -in issuing.csr -CA root.pem -CAkey root.key -days 1825 -copy_extensions copyall -out issuing.pem
        ;;
    sign)
        leaf=$(mktemp)  # several customers come at once
        openssl x509 -req -in "$3" -CA issuing.pem -CAkey issuing.key -days 198 -copy_extensions copyall -out "$leaf"
        case $4 in
            pkcs7) openssl crl2pkcs7 -nocrl -certfile "$leaf" -certfile issuing.pem -outform DER -out "$5" ;;
            leaf) cp "$leaf" "$5" ;;
            reversed) cat root.pem issuing.pem "$leaf" | sed 's/$/\r/' > "$5" ;;
        esac
        rm "$leaf"
        ;;
esac

#!/bin/sh
# Makes a private authority and the certificates of the store nodes, once, before the first start.
# Usage: sh certificates.sh [folder]. Keeps what is there: remove a file to have it made anew.
set -eu
umask 077
folder="${1:-$(dirname "$0")/certs}"
days_ca=3650
days_node=825
mkdir -p "$folder/ca"

if [ ! -f "$folder/authority.key" ]; then
  openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days "$days_ca" -subj '/CN=ocpp-central-system store authority' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$folder/authority.key" -out "$folder/ca/ca.crt"
fi

# One common name for all nodes; each is both server and client to the others.
node() {
  name="$1" address="$2"
  mkdir -p "$folder/$name"
  [ ! -f "$folder/$name/node.crt" ] || return 0
  openssl req -newkey rsa:3072 -nodes -sha256 -subj '/CN=eventstoredb-node' \
    -keyout "$folder/$name/node.key" -out "$folder/$name/node.csr"
  cat > "$folder/$name/node.ext" <<EXTENSIONS
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature,keyEncipherment
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:$name,DNS:localhost,IP:127.0.0.1,IP:$address
EXTENSIONS
  openssl x509 -req -sha256 -days "$days_node" -in "$folder/$name/node.csr" -extfile "$folder/$name/node.ext" \
    -CA "$folder/ca/ca.crt" -CAkey "$folder/authority.key" -CAserial "$folder/authority.srl" -CAcreateserial -out "$folder/$name/node.crt"
  rm -f "$folder/$name/node.csr" "$folder/$name/node.ext"
}
node store1 172.30.240.11
node store2 172.30.240.12
node store3 172.30.240.13

# The store and the service run as user 1000 and must be able to read their own files, nobody else.
chmod 755 "$folder" "$folder/ca" && chmod 644 "$folder/ca/ca.crt"
for name in store1 store2 store3; do chmod 644 "$folder/$name/node.crt"; done
if [ "$(id -u)" = 0 ]; then
  chown -R 1000:1000 "$folder/store1" "$folder/store2" "$folder/store3"
elif [ "$(id -u)" != 1000 ]; then
  echo "Give the folders store1, store2 and store3 below $folder to user 1000: sudo chown -R 1000:1000 ..." >&2
fi
echo "Done. Move $folder/authority.key to a safe place; it is needed only to make more certificates."

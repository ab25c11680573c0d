/** What shows the fingerprint on the node itself. pveproxy has a certificate of its own where one was uploaded or ordered. */
export const COMPARISON =
  'openssl x509 -fingerprint -sha256 -noout -in /etc/pve/local/pveproxy-ssl.pem (or pve-ssl.pem where that file does not exist)'

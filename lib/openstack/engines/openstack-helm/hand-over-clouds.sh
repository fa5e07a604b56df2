# shellcheck shell=bash
# Writes the administrator's clouds.yaml and the CA into a private folder of this machine. cluster-login.sh stands before it. Nothing of them is printed.
#
# STRATA_FOLDER     the folder
# STRATA_AUTH_URL   Keystone's public URL
# STRATA_REGION     region
# STRATA_CA_SECRET  Secret with ca.crt; empty for none
umask 077
folder=$(in_home "$STRATA_FOLDER")
case $folder in *[!A-Za-z0-9._/@+-]*) die "the folder for credentials must be letters, digits and ._/@+-, got $folder" ;; esac

of_secret() { # <secret> <template of its data>
  kube get secret "$1" -o "go-template={{index .data \"$2\" | base64decode}}"
}
password=$(of_secret keystone-keystone-admin OS_PASSWORD) || die "the Secret keystone-keystone-admin of the administrator could not be read in $STRATA_NAMESPACE"
[[ $password =~ ^[A-Za-z0-9]+$ ]] || die 'the Secret keystone-keystone-admin holds no password that was made here'

mkdir -p "$folder"
chmod 700 "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d "$folder/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
cacert=
if [[ -n $STRATA_CA_SECRET ]]; then
  of_secret "$STRATA_CA_SECRET" ca.crt >"$work/ca.crt" || die "the Secret $STRATA_CA_SECRET has no ca.crt"
  cacert="
    cacert: $folder/ca.crt"
fi
cat >"$work/clouds.yaml" <<CLOUDS
clouds:
  openstack-helm-admin:
    auth:
      auth_url: $STRATA_AUTH_URL
      username: admin
      password: "$password"
      project_name: admin
      user_domain_name: default
      project_domain_name: default
    identity_api_version: 3
    interface: public
    region_name: $STRATA_REGION$cacert
CLOUDS
for name in ca.crt clouds.yaml; do
  if [[ -e $work/$name ]]; then mv -f "$work/$name" "$folder/$name"; else rm -f "$folder/$name"; fi
done
say "clouds.yaml is in $folder; use it by OS_CLIENT_CONFIG_FILE=$folder/clouds.yaml OS_CLOUD=openstack-helm-admin"

#!/usr/bin/env bash
# A terraform and a provider for it, without a registry: `terraform` from the PATH if it is new enough, else OpenTofu built from its
# Go module; the OpenStack provider built from its Go module into a file-system mirror.
# STRATA_CONFORMANCE_TERRAFORM=tofu takes OpenTofu even where there is a terraform.
# Prints TERRAFORM (the program) and TF_CLI_CONFIG_FILE.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
TOFU=1.9.1
OLDEST=1.9.0
PROVIDER=1.54.1 # the newest version of the OpenStack provider that can be had as a Go module
MIRROR=$CACHE/terraform/mirror
CONFIG=$CACHE/terraform/cli.tfrc
PLATFORM=$(uname -s | tr '[:upper:]' '[:lower:]')_$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

terraform_of_path() {
  local path version
  [ "${STRATA_CONFORMANCE_TERRAFORM:-terraform}" = terraform ] || return 1
  path=$(command -v terraform) || return 1
  version=$(TF_CLI_CONFIG_FILE=$CONFIG "$path" version -json | python3 -c 'import json, sys; print(json.load(sys.stdin)["terraform_version"])') || return 1
  if [ "$(printf '%s\n' "$OLDEST" "$version" | sort -V | head -n 1)" != "$OLDEST" ]; then
    say "terraform $version on the PATH is older than $OLDEST: OpenTofu is built instead"
    return 1
  fi
  echo "$path"
}

tofu() {
  need_go
  local dir=$CACHE/build/opentofu-$TOFU
  copy_module "github.com/opentofu/opentofu@v$TOFU" "$dir"
  cd "$dir"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 5 go build -trimpath \
    -ldflags "-s -w -X github.com/opentofu/opentofu/version.dev=no" -o "$CACHE/bin/tofu-$TOFU.part" ./cmd/tofu
  mv "$CACHE/bin/tofu-$TOFU.part" "$CACHE/bin/tofu-$TOFU"
  rm -rf "$dir"
}

provider() {
  need_go
  local dir=$CACHE/build/terraform-provider-openstack-$PROVIDER registry to
  copy_module "github.com/terraform-provider-openstack/terraform-provider-openstack@v$PROVIDER" "$dir"
  cd "$dir"
  CGO_ENABLED=0 GOFLAGS='-mod=mod -buildvcs=false' nice -n 5 go build -trimpath -ldflags '-s -w' -o provider.part .
  for registry in registry.terraform.io registry.opentofu.org; do
    to=$MIRROR/$registry/terraform-provider-openstack/openstack/$PROVIDER/$PLATFORM
    mkdir -p "$to"
    install -m 755 provider.part "$to/part"
    mv "$to/part" "$to/terraform-provider-openstack_v$PROVIDER"
  done
  cd /
  rm -rf "$dir"
}

provider_once() {
  # the last thing that the build writes is the second registry's copy
  [ -x "$MIRROR/registry.opentofu.org/terraform-provider-openstack/openstack/$PROVIDER/$PLATFORM/terraform-provider-openstack_v$PROVIDER" ] ||
    step "terraform-provider-openstack $PROVIDER" provider
}

tofu_once() { [ -x "$CACHE/bin/tofu-$TOFU" ] || step "opentofu $TOFU" tofu; }

mkdir -p "$MIRROR"
printf 'disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$MIRROR" >"$CONFIG.$$"
mv "$CONFIG.$$" "$CONFIG"
one_at_a_time provider provider_once
if ! TERRAFORM=$(terraform_of_path); then
  TERRAFORM=$CACHE/bin/tofu-$TOFU
  one_at_a_time tofu tofu_once
fi
echo "TERRAFORM=$TERRAFORM"
echo "TF_CLI_CONFIG_FILE=$CONFIG"

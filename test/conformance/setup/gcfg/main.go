// Reads a cloud.conf from standard input with the parser of the OpenStack controllers and prints what it found as JSON.
// The keys are those of cloud-provider-openstack that hold text of the user's.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/gcfg.v1"
)

type class struct {
	FloatingSubnet string `gcfg:"floating-subnet" json:"floating-subnet"`
}

type config struct {
	Global struct {
		AuthURL string `gcfg:"auth-url" json:"auth-url"`
		Region  string `gcfg:"region" json:"region"`
		Secret  string `gcfg:"application-credential-secret" json:"application-credential-secret"`
	}
	Networking struct {
		PublicNetworkName []string `gcfg:"public-network-name" json:"public-network-name"`
	}
	LoadBalancerClass map[string]*class
	BlockStorage      struct {
		Limit  int64 `gcfg:"node-volume-attach-limit" json:"node-volume-attach-limit"`
		Ignore bool  `gcfg:"ignore-volume-az" json:"ignore-volume-az"`
	}
}

func main() {
	var found config
	if err := gcfg.FatalOnly(gcfg.ReadInto(&found, os.Stdin)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Reads a cloud.conf from standard input with the parser of the OpenStack controllers and prints what it found as JSON.
// The sections and keys are those that cloud-provider-openstack 1.36 parses (pkg/client, pkg/openstack, pkg/csi/cinder/openstack, pkg/util/metadata,
// pkg/kms/barbican). Unlike the controllers, which only warn, it takes a section or a key of another name for an error.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"gopkg.in/gcfg.v1"
)

type class struct {
	FloatingNetworkID  string `gcfg:"floating-network-id" json:"floating-network-id,omitempty"`
	FloatingSubnetID   string `gcfg:"floating-subnet-id" json:"floating-subnet-id,omitempty"`
	FloatingSubnet     string `gcfg:"floating-subnet" json:"floating-subnet,omitempty"`
	FloatingSubnetTags string `gcfg:"floating-subnet-tags" json:"floating-subnet-tags,omitempty"`
	NetworkID          string `gcfg:"network-id" json:"network-id,omitempty"`
	SubnetID           string `gcfg:"subnet-id" json:"subnet-id,omitempty"`
	MemberSubnetID     string `gcfg:"member-subnet-id" json:"member-subnet-id,omitempty"`
}

type config struct {
	Global struct {
		AuthURL                     string `gcfg:"auth-url" json:"auth-url,omitempty"`
		Region                      string `gcfg:"region" json:"region,omitempty"`
		UserID                      string `gcfg:"user-id" json:"user-id,omitempty"`
		Username                    string `gcfg:"username" json:"username,omitempty"`
		Password                    string `gcfg:"password" json:"password,omitempty"`
		TenantID                    string `gcfg:"tenant-id" json:"tenant-id,omitempty"`
		TenantName                  string `gcfg:"tenant-name" json:"tenant-name,omitempty"`
		TenantDomainID              string `gcfg:"tenant-domain-id" json:"tenant-domain-id,omitempty"`
		TenantDomainName            string `gcfg:"tenant-domain-name" json:"tenant-domain-name,omitempty"`
		UserDomainID                string `gcfg:"user-domain-id" json:"user-domain-id,omitempty"`
		UserDomainName              string `gcfg:"user-domain-name" json:"user-domain-name,omitempty"`
		TrustID                     string `gcfg:"trust-id" json:"trust-id,omitempty"`
		TrusteeID                   string `gcfg:"trustee-id" json:"trustee-id,omitempty"`
		TrusteePassword             string `gcfg:"trustee-password" json:"trustee-password,omitempty"`
		ApplicationCredentialID     string `gcfg:"application-credential-id" json:"application-credential-id,omitempty"`
		ApplicationCredentialName   string `gcfg:"application-credential-name" json:"application-credential-name,omitempty"`
		ApplicationCredentialSecret string `gcfg:"application-credential-secret" json:"application-credential-secret,omitempty"`
		EndpointType                string `gcfg:"os-endpoint-type" json:"os-endpoint-type,omitempty"`
		CAFile                      string `gcfg:"ca-file" json:"ca-file,omitempty"`
		TLSInsecure                 string `gcfg:"tls-insecure" json:"tls-insecure,omitempty"`
		CertFile                    string `gcfg:"cert-file" json:"cert-file,omitempty"`
		KeyFile                     string `gcfg:"key-file" json:"key-file,omitempty"`
	}
	Networking struct {
		IPv6SupportDisabled bool     `gcfg:"ipv6-support-disabled" json:"ipv6-support-disabled,omitempty"`
		PublicNetworkName   []string `gcfg:"public-network-name" json:"public-network-name,omitempty"`
		InternalNetworkName []string `gcfg:"internal-network-name" json:"internal-network-name,omitempty"`
		AddressSortOrder    string   `gcfg:"address-sort-order" json:"address-sort-order,omitempty"`
	}
	LoadBalancer struct {
		Enabled                        bool   `gcfg:"enabled" json:"enabled,omitempty"`
		SubnetID                       string `gcfg:"subnet-id" json:"subnet-id,omitempty"`
		MemberSubnetID                 string `gcfg:"member-subnet-id" json:"member-subnet-id,omitempty"`
		NetworkID                      string `gcfg:"network-id" json:"network-id,omitempty"`
		FloatingNetworkID              string `gcfg:"floating-network-id" json:"floating-network-id,omitempty"`
		FloatingSubnetID               string `gcfg:"floating-subnet-id" json:"floating-subnet-id,omitempty"`
		FloatingSubnet                 string `gcfg:"floating-subnet" json:"floating-subnet,omitempty"`
		FloatingSubnetTags             string `gcfg:"floating-subnet-tags" json:"floating-subnet-tags,omitempty"`
		LBMethod                       string `gcfg:"lb-method" json:"lb-method,omitempty"`
		LBProvider                     string `gcfg:"lb-provider" json:"lb-provider,omitempty"`
		CreateMonitor                  bool   `gcfg:"create-monitor" json:"create-monitor,omitempty"`
		MonitorDelay                   string `gcfg:"monitor-delay" json:"monitor-delay,omitempty"`
		MonitorTimeout                 string `gcfg:"monitor-timeout" json:"monitor-timeout,omitempty"`
		MonitorMaxRetries              uint   `gcfg:"monitor-max-retries" json:"monitor-max-retries,omitempty"`
		MonitorMaxRetriesDown          uint   `gcfg:"monitor-max-retries-down" json:"monitor-max-retries-down,omitempty"`
		ManageSecurityGroups           bool   `gcfg:"manage-security-groups" json:"manage-security-groups,omitempty"`
		InternalLB                     bool   `gcfg:"internal-lb" json:"internal-lb,omitempty"`
		NodeSelector                   string `gcfg:"node-selector" json:"node-selector,omitempty"`
		CascadeDelete                  bool   `gcfg:"cascade-delete" json:"cascade-delete,omitempty"`
		FlavorID                       string `gcfg:"flavor-id" json:"flavor-id,omitempty"`
		AvailabilityZone               string `gcfg:"availability-zone" json:"availability-zone,omitempty"`
		EnableIngressHostname          bool   `gcfg:"enable-ingress-hostname" json:"enable-ingress-hostname,omitempty"`
		IngressHostnameSuffix          string `gcfg:"ingress-hostname-suffix" json:"ingress-hostname-suffix,omitempty"`
		MaxSharedLB                    int    `gcfg:"max-shared-lb" json:"max-shared-lb,omitempty"`
		ContainerStore                 string `gcfg:"container-store" json:"container-store,omitempty"`
		ProviderRequiresSerialAPICalls bool   `gcfg:"provider-requires-serial-api-calls" json:"provider-requires-serial-api-calls,omitempty"`
		TLSContainerRef                string `gcfg:"default-tls-container-ref" json:"default-tls-container-ref,omitempty"`
	}
	LoadBalancerClass map[string]*class
	Route             struct {
		RouterID string `gcfg:"router-id" json:"router-id,omitempty"`
	}
	Metadata struct {
		SearchOrder    string `gcfg:"search-order" json:"search-order,omitempty"`
		RequestTimeout string `gcfg:"request-timeout" json:"request-timeout,omitempty"`
	}
	BlockStorage struct {
		NodeVolumeAttachLimit    int64 `gcfg:"node-volume-attach-limit" json:"node-volume-attach-limit,omitempty"`
		RescanOnResize           bool  `gcfg:"rescan-on-resize" json:"rescan-on-resize,omitempty"`
		IgnoreVolumeAZ           bool  `gcfg:"ignore-volume-az" json:"ignore-volume-az,omitempty"`
		IgnoreVolumeMicroversion bool  `gcfg:"ignore-volume-microversion" json:"ignore-volume-microversion,omitempty"`
	}
	KeyManager struct {
		KeyID string `gcfg:"key-id" json:"key-id,omitempty"`
	}
}

func main() {
	var found config
	if err := gcfg.ReadInto(&found, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

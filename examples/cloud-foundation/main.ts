import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { CloudFoundation, DiskFormat, LoadBalancerProvider, NodeFlavor, OpenStackCloud } from 'cdktf-strata';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

const app = new App();
const stack = new TerraformStack(app, 'foundation');

// An administrator's entry of clouds.yaml, for the provider and for the steps that do what it can't.
const adminAccess = { cloud: 'admin' };
new OpenstackProvider(stack, 'OpenStack', { cloud: adminAccess.cloud });
const cloud = OpenStackCloud.fromCloudAttributes(stack, 'Cloud', {
  authUrl: 'https://keystone.example.com:5000/v3',
  region: 'RegionOne',
  externalNetworkName: 'public',
  zones: [{ compute: 'nova', volume: 'nova' }],
  loadBalancerProvider: LoadBalancerProvider.AMPHORA,
  tenantNetworkMtu: 1442,
  reservedAddresses: { '203.0.113.10': 'the external virtual address', '203.0.113.11': 'host control-1' },
  services: { blockStorage: true, keyManager: true, makesAmphoraResources: true },
});

const digest = (name: string, what: string) =>
  new TerraformVariable(stack, name, { type: 'string', description: `SHA-512 of ${what}, in hex` }).stringValue;
const foundation = new CloudFoundation(stack, 'Foundation', {
  cloud,
  adminAccess,
  externalNetwork: { cidr: '203.0.113.0/24', allocationPools: [{ start: '203.0.113.50', end: '203.0.113.200' }], ipv6Cidr: '2001:db8:113::/64' },
  flavors: [
    { size: NodeFlavor.of({ vcpus: 4, memoryMib: 8192, diskGib: 40 }) },
    { size: NodeFlavor.of({ vcpus: 8, memoryMib: 16384, diskGib: 80 }), projects: ['team'] },
  ],
  images: [
    {
      name: 'ubuntu-24.04-20261101',
      sourceUrl: 'https://images.example.com/ubuntu-24.04-20261101.qcow2',
      checksum: `sha512:${digest('ubuntu_sha512', 'the image of Ubuntu')}`,
      diskFormat: DiskFormat.QCOW2,
      hardware: { uefi: true },
    },
  ],
  volumeTypes: [
    { name: 'standard', qos: { totalIopsPerGib: 30 } },
    { name: 'encrypted', encryption: {} },
  ],
  subnetPools: [{ name: 'tenants', prefixes: ['10.64.0.0/12'], shared: true }],
  projects: [
    {
      name: 'team',
      groups: { operators: {} },
      quota: { instances: 20, cores: 100, memoryMib: 204_800, volumes: 100, volumeGib: 5000, floatingIps: 5 },
    },
  ],
  // The engine makes all else that amphorae need.
  amphora: {
    image: {
      name: 'amphora-x64-haproxy-2026.1-20261101',
      sourceUrl: 'https://images.example.com/amphora-x64-haproxy-2026.1-20261101.qcow2',
      checksum: `sha512:${digest('amphora_sha512', 'the image of the amphorae')}`,
    },
  },
});

new TerraformOutput(stack, 'project_id', { value: foundation.projects.team.projectId });

app.synth();

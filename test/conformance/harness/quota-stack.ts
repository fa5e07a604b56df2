/** A stack whose plan takes something of most quotas: for quota.check.ts, never applied. */
import { type App, TerraformStack } from 'cdktf';
import { BlockstorageVolumeV3 } from '../../../lib/providers/openstack/blockstorage-volume-v3';
import { ComputeInstanceV2 } from '../../../lib/providers/openstack/compute-instance-v2';
import { LbLoadbalancerV2 } from '../../../lib/providers/openstack/lb-loadbalancer-v2';
import { NetworkingNetworkV2 } from '../../../lib/providers/openstack/networking-network-v2';
import { NetworkingPortV2 } from '../../../lib/providers/openstack/networking-port-v2';
import { NetworkingSubnetV2 } from '../../../lib/providers/openstack/networking-subnet-v2';
import { OpenstackProvider } from '../../../lib/providers/openstack/provider';

export function build(app: App): void {
  const stack = new TerraformStack(app, 'quota');
  new OpenstackProvider(stack, 'OpenStack', {});
  const network = new NetworkingNetworkV2(stack, 'Network', { name: 'quota' });
  const subnet = new NetworkingSubnetV2(stack, 'Subnet', { networkId: network.id, cidr: '10.60.0.0/24' });
  new LbLoadbalancerV2(stack, 'LoadBalancer', { vipSubnetId: subnet.id });
  for (const name of ['one', 'two']) {
    const port = new NetworkingPortV2(stack, `Port${name}`, { networkId: network.id });
    const volume = new BlockstorageVolumeV3(stack, `Volume${name}`, { size: 2, volumeType: 'standard', imageId: 'any' });
    const blockDevice = [{ uuid: volume.id, sourceType: 'volume', destinationType: 'volume', bootIndex: 0 }];
    new ComputeInstanceV2(stack, `Server${name}`, { name, flavorName: 'amphora', blockDevice, network: [{ port: port.id }] });
  }
}

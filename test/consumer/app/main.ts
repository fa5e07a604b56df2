/** What a user of the package writes: the root, the root's namespaces, and deep imports. */
import { App, TerraformOutput, TerraformStack, TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { Cidr, KubernetesVersion, openstack, StepResource, TemplateText } from 'cdktf-strata';
import { ComputeInstanceV2 } from 'cdktf-strata/lib/providers/openstack/compute-instance-v2';
import { OpenstackProvider } from 'cdktf-strata/lib/providers/openstack/provider';

class Server extends Construct {
  readonly resource: ComputeInstanceV2;

  constructor(scope: Construct, id: string, networkId: string) {
    super(scope, id);
    const motd = new TerraformVariable(this, 'Motd', { type: 'string', default: 'hello' });
    const userData = new TemplateText(this, 'UserData', { parts: ['#!/bin/sh\necho "', motd.stringValue, '" "${HOME}"\n'] });
    this.resource = new ComputeInstanceV2(this, 'Resource', {
      name: `node-${KubernetesVersion.V1_36.minor}`,
      imageName: 'ubuntu-24.04',
      flavorName: 'm1.small',
      network: [{ uuid: networkId }],
      userData: userData.base64,
    });
    new StepResource(this, 'Step', { triggers: { server: this.resource.id, text: userData.sha256 } });
  }
}

const app = new App();
const base = new TerraformStack(app, 'base');
new OpenstackProvider(base, 'OpenStack', { cloud: 'prod' });
const network = new openstack.networkingNetworkV2.NetworkingNetworkV2(base, 'Network', { name: 'net' });
new openstack.networkingSubnetV2.NetworkingSubnetV2(base, 'Subnet', { networkId: network.id, cidr: Cidr.of('10.0.0.0/24').toString() });

const upper = new TerraformStack(app, 'upper');
new OpenstackProvider(upper, 'OpenStack', { cloud: 'prod' });
const server = new Server(upper, 'Server', network.id);
new TerraformOutput(upper, 'Address', { value: server.resource.accessIpV4 });

app.synth();

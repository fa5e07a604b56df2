import { ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { NodeFlavor } from '../../lib/contracts/node-flavor';
import { NodeImage } from '../../lib/contracts/node-image';
import { AvailabilityZone, IOpenStackCloud, LoadBalancerProvider } from '../../lib/contracts/openstack-cloud';
import { ClusterNetwork, ClusterNetworkProps } from '../../lib/nova/cluster-network';
import { NovaServer, NovaServerProps } from '../../lib/nova/nova-server';
import { ServerPort, ServerPortProps } from '../../lib/nova/server-port';
import { OpenstackProvider } from '../../lib/providers/openstack/provider';
import { Synthesised, synthStack } from '../support/synth';

type CloudOptions = Partial<Omit<IOpenStackCloud, 'node'>>;

/** A cloud as the layer below describes it. */
export class Cloud extends Construct implements IOpenStackCloud {
  readonly authUrl = 'https://keystone.example.com:5000/v3';
  readonly region = 'RegionOne';
  readonly externalNetworkName: string;
  readonly zones: AvailabilityZone[];
  readonly loadBalancerProvider: LoadBalancerProvider;
  readonly tenantNetworkMtu: number;
  readonly computeHostCount?: number;
  readonly hostCidrs?: string[];
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, options: CloudOptions = {}) {
    super(scope, 'Cloud');
    this.externalNetworkName = options.externalNetworkName ?? 'public';
    this.zones = options.zones ?? [
      { compute: 'az1', volume: 'nova' },
      { compute: 'az2', volume: 'nova' },
    ];
    this.loadBalancerProvider = options.loadBalancerProvider ?? LoadBalancerProvider.AMPHORA;
    this.tenantNetworkMtu = options.tenantNetworkMtu ?? 1442;
    this.computeHostCount = options.computeHostCount;
    this.hostCidrs = options.hostCidrs;
    this.ready = options.ready ?? [];
  }
}

/** What most tests stand on: a stack with its provider, a cloud and a network. */
export interface Ground {
  readonly stack: TerraformStack;
  readonly cloud: Cloud;
  readonly network: ClusterNetwork;
}

export function synth(build: (ground: Ground) => void, options: { cloud?: CloudOptions; network?: Partial<ClusterNetworkProps> } = {}): Synthesised {
  return synthStack((stack) => {
    new OpenstackProvider(stack, 'OpenStack');
    const cloud = new Cloud(stack, options.cloud);
    const network = new ClusterNetwork(stack, 'Network', { cloud, name: 'prod', ...options.network });
    build({ stack, cloud, network });
  });
}

export function port({ stack, network }: Ground, name = 'node-0', props: Partial<ServerPortProps> = {}): ServerPort {
  return new ServerPort(stack, `${name}-port`, { name, network, securityGroupIds: ['group'], ...props });
}

export function server(ground: Ground, props: Partial<NovaServerProps> = {}): NovaServer {
  const name = props.name ?? 'node-0';
  return new NovaServer(ground.stack, 'Server', {
    name,
    flavor: NodeFlavor.named('m1.large'),
    image: NodeImage.byName('ubuntu-24.04-k8s-1.36'),
    port: props.port ?? port(ground, 'node-0'),
    zone: ground.cloud.zones[0],
    userData: '#cloud-config\n',
    ...props,
  });
}

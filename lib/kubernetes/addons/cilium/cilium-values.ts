import { Op, Token } from 'cdktf';
import { CiliumRouting, Cni, Hubble, PodTransport } from '../../../contracts/cni';
import { ApiAddress } from '../../../contracts/kubernetes-cluster';
import { Cidr } from '../../../core/cidr';
import { ChartValues } from '../../../core/helm-release';
import { IpFamily } from '../../../core/ip-family';
import { isKnown } from '../../../core/validation';
import { nodePrefixLength } from '../../node-prefix-length';
import { ChartImage } from '../private/chart-images';
import { PodRanges } from '../private/pod-network';

/** What Cilium is told of its cluster. */
export interface CiliumFacts {
  readonly cni: Cni;
  readonly pods: PodRanges;
  readonly podMtu: number;
  readonly controlPlaneReplicas: number;
  readonly api: ApiAddress;
}

/** Values of the chart `cilium` (paths and meaning: its values.yaml of 1.20.2). */
export function ciliumValues({ cni, pods, podMtu, controlPlaneReplicas, api }: CiliumFacts): ChartValues {
  const { wireGuard = false, hubble = Hubble.NODES } = cni.ciliumOptions ?? {};
  return {
    ...(pods.ipv6 === undefined ? {} : { ipv4: { enabled: pods.ipv4 !== undefined }, ipv6: { enabled: true } }),
    ...addressing(cni, pods),
    ...routing(cni, pods),
    // Cilium wants the MTU of the network below, and takes its own tunnel and encryption from it. The cluster took the header of the longer addresses.
    MTU: sum(podMtu, cni.overheadBytes(pods.ipv6 === undefined ? IpFamily.V4 : IpFamily.V6)),
    kubeProxyReplacement: String(cni.replacesKubeProxy),
    // Without kube-proxy the address of the `kubernetes` Service leads nowhere until Cilium runs.
    ...(cni.replacesKubeProxy ? { k8sServiceHost: api.host, k8sServicePort: api.port } : {}),
    ...(wireGuard ? { encryption: { enabled: true, type: 'wireguard' } } : {}),
    hubble: hubbleValues(hubble),
    // Its replicas keep apart by node, and Helm waits for all of them.
    operator: { replicas: controlPlaneReplicas > 1 ? 2 : 1 },
    // What changes in a plan reaches the agents.
    rollOutCiliumPods: true,
  };
}

/** The chart's images that these options make the cluster run. Those of the parts that have versions of their own are recorded for 1.20.2. */
export function ciliumImages({ ciliumOptions }: Cni, chartVersion: string): ChartImage[] {
  const { hubble = Hubble.NODES } = ciliumOptions ?? {};
  const own = isKnown(chartVersion) ? `:v${chartVersion.replace(/^v/, '')}` : '';
  const recorded = (tag: string) => (chartVersion === '1.20.2' ? `:${tag}` : '');
  const image = (name: string, tag: string, at: string): ChartImage => ({ image: `quay.io/cilium/${name}${tag}`, reference: `${at}.override` });
  return [
    image('cilium', own, 'image'),
    image('operator-generic', own, 'operator.image'),
    image('cilium-envoy', recorded('v1.37.6-1789133542-cbec91f666af0bf742da986d43832932dbb26b82'), 'envoy.image'),
    ...(hubble === Hubble.RELAY || hubble === Hubble.UI
      ? [image('hubble-relay', own, 'hubble.relay.image'), image('certgen', recorded('v0.4.11'), 'certgen.image')]
      : []),
    ...(hubble === Hubble.UI
      ? [
          image('hubble-ui', recorded('v0.13.6'), 'hubble.ui.frontend.image'),
          image('hubble-ui-backend', recorded('v0.13.6'), 'hubble.ui.backend.image'),
        ]
      : []),
  ];
}

/** Where the router must know each node's addresses, Kubernetes gives them out, for it tells the cloud controller; else Cilium does. */
function addressing(cni: Cni, { ipv4, ipv6 }: PodRanges): ChartValues {
  if (cni.podTransport === PodTransport.NEUTRON_ROUTES) {
    return { ipam: { mode: 'kubernetes' }, k8s: { ...(ipv4 && { requireIPv4PodCIDR: true }), ...(ipv6 && { requireIPv6PodCIDR: true }) } };
  }
  const operator = {
    ...(ipv4 !== undefined && { clusterPoolIPv4PodCIDRList: [ipv4], clusterPoolIPv4MaskSize: maskSize(cni, ipv4, 24) }),
    ...(ipv6 !== undefined && { clusterPoolIPv6PodCIDRList: [ipv6], clusterPoolIPv6MaskSize: maskSize(cni, ipv6, 64) }),
  };
  return { ipam: { mode: 'cluster-pool', operator } };
}

function routing({ podTransport, ciliumOptions }: Cni, { ipv4, ipv6 }: PodRanges): ChartValues {
  if (podTransport === PodTransport.TUNNEL) {
    return {
      routingMode: 'tunnel',
      tunnelProtocol: ciliumOptions?.routing ?? CiliumRouting.VXLAN,
      // Where nodes have no IPv4 address the tunnel's own packets are IPv6, too.
      ...(ipv4 === undefined ? { underlayProtocol: 'ipv6' } : {}),
    };
  }
  return {
    routingMode: 'native',
    // What goes to these addresses keeps the pod's own.
    ...(ipv4 !== undefined && { ipv4NativeRoutingCIDR: ipv4 }),
    ...(ipv6 !== undefined && { ipv6NativeRoutingCIDR: ipv6 }),
    autoDirectNodeRoutes: podTransport === PodTransport.ADDRESS_PAIRS,
  };
}

function hubbleValues(hubble: Hubble): ChartValues {
  if (hubble === Hubble.OFF) return { enabled: false };
  if (hubble === Hubble.NODES) return { enabled: true };
  // By a job in the cluster: those that Helm makes lapse after a year unless the release is upgraded meanwhile.
  return {
    enabled: true,
    tls: { auto: { method: 'cronJob' } },
    relay: { enabled: true },
    ...(hubble === Hubble.UI ? { ui: { enabled: true } } : {}),
  };
}

/** By Terraform if the MTU isn't known at synth. */
function sum(podMtu: number, overhead: number): number {
  if (overhead === 0) return podMtu;
  return isKnown(podMtu) ? podMtu + overhead : Token.asNumber(Op.add(podMtu, overhead));
}

/** Of what each node gets. The usual range's where the cluster's isn't known yet. */
function maskSize(cni: Cni, podCidr: string, usual: number): number {
  return (isKnown(podCidr) ? nodePrefixLength(cni, Cidr.of(podCidr)) : undefined) ?? usual;
}

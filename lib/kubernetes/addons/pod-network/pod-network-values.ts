import { Fn, Op, Token } from 'cdktf';
import { Cni } from '../../../contracts/cni';
import { ApiAddress } from '../../../contracts/kubernetes-cluster';
import { Cidr } from '../../../core/cidr';
import { IpFamily } from '../../../core/ip-family';
import { plain } from '../../../core/plain';
import { isKnown } from '../../../core/validation';
import { ChartValues } from '../private/helm-release';

/** What a pod network is told of its cluster. */
export interface PodNetworkFacts {
  readonly cni: Cni;
  readonly podCidr: string;
  readonly podMtu: number;
  readonly controlPlaneReplicas: number;
  readonly api: ApiAddress;
}

/** Values of the chart `cilium` (paths and meaning: its values.yaml, 1.19 and 1.20). */
export function ciliumValues({ cni, podCidr, podMtu, controlPlaneReplicas, api }: PodNetworkFacts): ChartValues {
  return {
    ipam: { mode: 'cluster-pool', operator: { clusterPoolIPv4PodCIDRList: [podCidr], clusterPoolIPv4MaskSize: nodeMaskSize(podCidr) } },
    routingMode: 'tunnel',
    tunnelProtocol: 'vxlan',
    // Cilium wants the MTU of the network below, and takes its own tunnel from it.
    MTU: sum(podMtu, cni.encapsulation.overheadBytes(IpFamily.V4)),
    kubeProxyReplacement: String(cni.replacesKubeProxy),
    // Without kube-proxy the address of the `kubernetes` Service leads nowhere until Cilium runs.
    ...(cni.replacesKubeProxy ? { k8sServiceHost: api.host, k8sServicePort: api.port } : {}),
    // Its replicas keep apart by node, and Helm waits for all of them.
    operator: { replicas: controlPlaneReplicas > 1 ? 2 : 1 },
    // What changes in a plan reaches the agents.
    rollOutCiliumPods: true,
  };
}

/** Values of the chart `tigera-operator`; `installation` is the spec of Calico's Installation resource. */
export function calicoValues({ cni, podCidr, podMtu }: PodNetworkFacts): ChartValues {
  const ipip = cni.encapsulation.name === 'IPIP';
  return {
    installation: {
      enabled: true,
      calicoNetwork: {
        bgp: ipip ? 'Enabled' : 'Disabled',
        mtu: podMtu,
        ipPools: [
          {
            name: 'default-ipv4-ippool',
            cidr: podCidr,
            encapsulation: ipip ? 'IPIP' : 'VXLAN',
            natOutgoing: 'Enabled',
            nodeSelector: 'all()',
            blockSize: 26,
          },
        ],
      },
    },
    // Its flow logs and their user interface are a product of their own.
    goldmane: { enabled: false },
    whisker: { enabled: false },
  };
}

/** By Terraform if the MTU isn't known at synth. */
function sum(podMtu: number, overhead: number): number {
  return isKnown(podMtu) ? podMtu + overhead : Token.asNumber(Op.add(podMtu, overhead));
}

/** A /24 for each node, as kubeadm's controller manager does; smaller where the pods' block has no room for 16 of them. */
function nodeMaskSize(podCidr: string): number {
  return isKnown(podCidr) ? Math.min(28, Math.max(24, Cidr.of(podCidr).prefixLength + 4)) : 24;
}

/** Host and port of the URL of an API server, by Terraform if it isn't known at synth. */
export function apiAddress(url: string): ApiAddress {
  if (isKnown(url)) {
    const { hostname, port } = new URL(url);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 443 : Number(port) };
  }
  const parts = Fn.regex('^https://\\\\[?([^]/]+?)\\\\]?(?::([0-9]+))?/?$', plain(url));
  return {
    host: Token.asString(Fn.element(parts, 0)),
    port: Token.asNumber(Fn.tonumber(Fn.coalesce([Token.asString(Fn.element(parts, 1)), '443']))),
  };
}

import { CalicoEncapsulation, Cni } from '../../../contracts/cni';
import { ChartValues } from '../../../core/helm-release';
import { PodRanges } from '../private/pod-network';

/** What Calico is told of its cluster. */
export interface CalicoFacts {
  readonly cni: Cni;
  readonly pods: PodRanges;
  readonly podMtu: number;
  /** What its images' names begin with, if not `quay.io/`; with a slash at the end. */
  readonly registry?: string;
}

/** Images that the operator makes the cluster run, all of Calico's own version (its page of component versions). */
export const CALICO_IMAGES = ['node', 'cni', 'typha', 'kube-controllers', 'apiserver', 'csi', 'node-driver-registrar', 'pod2daemon-flexvol'];

/** Values of the chart `tigera-operator`; `installation` is the spec of Calico's Installation resource. */
export function calicoValues({ cni, pods, podMtu, registry }: CalicoFacts): ChartValues {
  const { encapsulation = CalicoEncapsulation.VXLAN, blockSize = 26 } = cni.calicoOptions ?? {};
  const pool = { encapsulation, natOutgoing: 'Enabled', nodeSelector: 'all()' };
  const ipPools = [
    ...(pods.ipv4 === undefined ? [] : [{ name: 'default-ipv4-ippool', cidr: pods.ipv4, ...pool, blockSize }]),
    // Of as many addresses as an IPv4 block has.
    ...(pods.ipv6 === undefined ? [] : [{ name: 'default-ipv6-ippool', cidr: pods.ipv6, ...pool, blockSize: blockSize + 96 }]),
  ];
  return {
    installation: {
      enabled: true,
      ...(registry === undefined ? {} : { registry }),
      calicoNetwork: {
        bgp: encapsulation === CalicoEncapsulation.VXLAN ? 'Disabled' : 'Enabled',
        mtu: podMtu,
        ipPools,
      },
    },
    // Its flow logs and their user interface are a product of their own.
    goldmane: { enabled: false },
    whisker: { enabled: false },
  };
}

import { CalicoEncapsulation, Cni } from '../../../contracts/cni';
import { ChartValues } from '../../../core/helm-release';

/** What Calico is told of its cluster. */
export interface CalicoFacts {
  readonly cni: Cni;
  readonly podCidr: string;
  readonly podMtu: number;
  /** What its images' names begin with, if not `quay.io/`; with a slash at the end. */
  readonly registry?: string;
}

/** Images that the operator makes the cluster run, all of Calico's own version (its page of component versions). */
export const CALICO_IMAGES = ['node', 'cni', 'typha', 'kube-controllers', 'apiserver', 'csi', 'node-driver-registrar', 'pod2daemon-flexvol'];

/** Values of the chart `tigera-operator`; `installation` is the spec of Calico's Installation resource. */
export function calicoValues({ cni, podCidr, podMtu, registry }: CalicoFacts): ChartValues {
  const { encapsulation = CalicoEncapsulation.VXLAN, blockSize = 26 } = cni.calicoOptions ?? {};
  return {
    installation: {
      enabled: true,
      ...(registry === undefined ? {} : { registry }),
      calicoNetwork: {
        bgp: encapsulation === CalicoEncapsulation.VXLAN ? 'Disabled' : 'Enabled',
        mtu: podMtu,
        ipPools: [{ name: 'default-ipv4-ippool', cidr: podCidr, encapsulation, natOutgoing: 'Enabled', nodeSelector: 'all()', blockSize }],
      },
    },
    // Its flow logs and their user interface are a product of their own.
    goldmane: { enabled: false },
    whisker: { enabled: false },
  };
}

import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { ChartAddonProps } from '../chart-addon/chart-addon-props';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { checkChartAddon, installChart, RecordedChart } from '../private/chart-addon';

/**
 * 26.3.2 is the first that its makers support on Kubernetes 1.36 (its release notes). Values: deployments/gpu-operator/values.yaml between 25.10 and
 * 26.3, in a public copy of NVIDIA/gpu-operator. What the operator itself makes nodes run is in its ClusterPolicy, and not on the list of images.
 */
const CHART: RecordedChart = {
  name: 'gpu-operator',
  repository: 'https://helm.ngc.nvidia.com/nvidia',
  version: 'v26.3.2',
  namespace: 'gpu-operator',
  images: [{ image: 'nvcr.io/nvidia/gpu-operator:v26.3.2' }],
};

/** How GPUs that can be divided are offered to pods. */
export enum MigStrategy {
  /** All GPUs of a node are divided alike, or not at all: pods ask for `nvidia.com/gpu`. */
  SINGLE = 'single',
  /** Parts of several sizes: pods ask for each by its name. */
  MIXED = 'mixed',
}

/** Properties of GpuOperator. */
export interface GpuOperatorProps extends ChartAddonProps {
  /**
   * Whether it installs NVIDIA's driver on the nodes. Not for node images that have one.
   * @default true
   */
  readonly driver?: boolean;
  /**
   * Whether it installs the container toolkit on the nodes. Not for node images that have one.
   * @default true
   */
  readonly toolkit?: boolean;
  /**
   * How divided GPUs are offered.
   * @default MigStrategy.SINGLE
   */
  readonly migStrategy?: MigStrategy;
  /**
   * Whether a ServiceMonitor for the GPUs' metrics is made.
   * @default false
   */
  readonly serviceMonitor?: boolean;
}

/**
 * NVIDIA's GPUs as resources of pods: driver, container toolkit, device plugin, feature labels and metrics on every node that has one, by NVIDIA's
 * operator. Nodes get their GPUs by flavors with PCI passthrough.
 *
 * Creates a Helm release in `gpu-operator`. What it runs on nodes is privileged: it labels the namespace for the `privileged` level of Pod Security.
 * Errors: a second GPU operator on the cluster; a ServiceMonitor that nothing reads.
 */
export class GpuOperator extends Construct {
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: GpuOperatorProps) {
    super(scope, id);
    checkChartAddon(this, props);
    const { GPU, POD_NETWORK, SERVICE_MONITORS } = ClusterCapability;
    const addon = new Addon(this, props.cluster, {
      name: 'GpuOperator',
      provides: [GPU],
      requires: [
        { capability: POD_NETWORK, because: 'its pods wait for it' },
        ...(props.serviceMonitor ? [{ capability: SERVICE_MONITORS, because: 'serviceMonitor is set' }] : []),
      ],
    });
    this.resource = installChart(addon, props, CHART, {
      psa: { enabled: true },
      cdi: { enabled: true },
      operator: { upgradeCRD: true },
      driver: { enabled: props.driver ?? true },
      toolkit: { enabled: props.toolkit ?? true },
      mig: { strategy: props.migStrategy ?? MigStrategy.SINGLE },
      dcgmExporter: { serviceMonitor: { enabled: props.serviceMonitor ?? false } },
    });
  }
}

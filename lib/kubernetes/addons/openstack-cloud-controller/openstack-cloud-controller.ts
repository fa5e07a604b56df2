import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { PodTransport } from '../../../contracts/cni';
import { IKubernetesCluster } from '../../../contracts/kubernetes-cluster';
import { check, checkInteger, checkKnown, checkUnique, fail } from '../../../core/validation';
import { assertCloudProviderOpenStack } from '../../../core/version-matrix';
import { CloudConfig } from '../cloud-config/cloud-config';
import { ClusterCapability } from '../cluster-addons/cluster-capability';
import { Addon } from '../private/addon';
import { requireCloud } from '../private/cloud';
import { cloudProviderChart, CONTROL_PLANE_LABEL, CONTROL_PLANE_TOLERATION, UNINITIALIZED_TOLERATION } from '../private/cloud-provider-openstack';

/** A control loop of the cloud controller manager. */
export enum CloudController {
  /** Gives nodes their addresses, zone and provider id, and takes away the taint "uninitialized". */
  CLOUD_NODE = 'cloud-node',
  /** Deletes nodes whose server is gone. */
  CLOUD_NODE_LIFECYCLE = 'cloud-node-lifecycle',
  /** Makes load balancers for Services. */
  SERVICE = 'service',
  /** Writes pod routes to a Neutron router, for pod networks without encapsulation. Needs `route` in the CloudConfig. */
  ROUTE = 'route',
}

/** Properties of OpenStackCloudController. */
export interface OpenStackCloudControllerProps {
  /** The cluster. Its `openstack` must be known; the stack's helm and kubernetes providers must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Control loops that run.
   * @default - CLOUD_NODE, CLOUD_NODE_LIFECYCLE and SERVICE; without SERVICE where Kuryr makes the load balancers; with ROUTE where pods are routed by Neutron
   */
  readonly controllers?: CloudController[];
  /**
   * Verbosity of the log, 0 to 10.
   * @default 2
   */
  readonly logVerbosity?: number;
  /**
   * Version of the chart `openstack-cloud-controller-manager`. Its minor must be Kubernetes'.
   * @default - the one that goes with the cluster's version
   */
  readonly chartVersion?: string;
  /**
   * Values for the chart, merged over those of this construct: maps are merged, lists replaced.
   * @default - none
   */
  readonly values?: { readonly [name: string]: any };
  /**
   * How long to wait until it runs, in seconds, 1 to 7200.
   * @default 600
   */
  readonly timeoutSeconds?: number;
}

/**
 * The OpenStack cloud controller manager: makes servers into nodes and Services of type LoadBalancer into Octavia load balancers.
 *
 * It runs on the control plane, on the network of the host, and tolerates what a new cluster's nodes are tainted with. Nothing else than pod
 * networks is scheduled on a node before it has initialised it. Within a stack it waits for PodNetwork, and CinderCsi, other add-ons and
 * workloads wait for it; on the way back they are gone before it is, so that no load balancer stays.
 *
 * Creates a Helm release in `kube-system` and, unless there is one, a CloudConfig. The name in load balancers is always the cluster's.
 * Errors: a cluster whose OpenStack isn't known, a chart of another minor, values that name another cluster, ROUTE without a router.
 */
export class OpenStackCloudController extends Construct {
  /** The configuration it runs with: the stack's. For other options than the defaults, make a CloudConfig in the stack before this. */
  public readonly cloudConfig: CloudConfig;
  /** The L1 `helm_release`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: OpenStackCloudControllerProps) {
    super(scope, id);
    const { cluster, values } = props;
    requireCloud(this, cluster);
    assertCloudProviderOpenStack(this, cluster.version, props.chartVersion);
    checkInteger(this, 'logVerbosity', props.logVerbosity, { min: 0, max: 10 });
    checkInteger(this, 'timeoutSeconds', props.timeoutSeconds, { min: 1, max: 7200 });
    const kuryr = cluster.cni.podTransport === PodTransport.NEUTRON_PORTS;
    const routed = cluster.cni.podTransport === PodTransport.NEUTRON_ROUTES;
    const { CLOUD_NODE, CLOUD_NODE_LIFECYCLE, SERVICE, ROUTE } = CloudController;
    const controllers = props.controllers ?? [CLOUD_NODE, CLOUD_NODE_LIFECYCLE, ...(kuryr ? [] : [SERVICE]), ...(routed ? [ROUTE] : [])];
    checkKnown(this, 'controllers', controllers);
    checkUnique(this, 'controllers', controllers);
    check(this, controllers, (given) => given.includes(CloudController.CLOUD_NODE), {
      problem: 'controllers must include CLOUD_NODE: without it nodes keep the taint "uninitialized" and nothing runs on them',
      fix: 'add CloudController.CLOUD_NODE',
    });
    check(this, controllers, (given) => !kuryr || !given.includes(SERVICE), {
      problem: 'controllers must not include SERVICE: Kuryr makes the load balancers of Services, and each would get two',
      fix: 'leave controllers out',
    });
    check(this, controllers, (given) => !routed || given.includes(ROUTE), {
      problem: "controllers must include ROUTE: the cluster's pods are routed by the nodes' router, and nobody else tells it",
      fix: 'leave controllers out, or add CloudController.ROUTE',
    });
    check(this, values?.cluster?.name, (name) => name === cluster.clusterName, {
      problem: `values.cluster.name must be the cluster's, ${cluster.clusterName}: two clusters of one name share load balancers`,
      fix: 'leave it out',
    });
    const addon = new Addon(this, cluster, { name: 'OpenStackCloudController', provides: [ClusterCapability.CLOUD_CONTROLLER] });
    this.cloudConfig = CloudConfig._shared(this, cluster);
    const { dependsOn, podAnnotations } = this.cloudConfig._for(this);
    const routes = controllers.includes(CloudController.ROUTE);
    const podCidrs = [cluster.podCidr, cluster.secondaryPodCidr].filter((cidr) => cidr !== undefined).join(',');
    if (routes && !this.cloudConfig._hasRoute) {
      fail(this, {
        problem: `controllers include ROUTE, and ${this.cloudConfig.node.path} names no router`,
        fix: 'make a CloudConfig with `route` before the add-ons, or leave ROUTE out',
      });
    }
    const release = addon.install('Release', {
      releaseName: 'openstack-cloud-controller-manager',
      chart: cloudProviderChart('openstack-cloud-controller-manager', props.chartVersion ?? cluster.version.cloudControllerManagerChart),
      namespace: 'kube-system',
      timeoutSeconds: props.timeoutSeconds,
      dependsOn,
      values: [
        {
          cluster: { name: cluster.clusterName },
          secret: { enabled: true, create: false, name: this.cloudConfig.secretName },
          enabledControllers: controllers,
          // A text: the chart puts it into the list of arguments as it is.
          ...(routes && {
            controllerExtraArgs: `- --cluster-cidr=${podCidrs}\n- --allocate-node-cidrs=true\n- --configure-cloud-routes=true`,
          }),
          nodeSelector: { [CONTROL_PLANE_LABEL]: '' },
          tolerations: [UNINITIALIZED_TOLERATION, CONTROL_PLANE_TOLERATION, NOT_READY_TOLERATION],
          podAnnotations,
          priorityClassName: 'system-cluster-critical',
          logVerbosityLevel: props.logVerbosity ?? 2,
          // The chart would mount the PKI of the control plane and the flexvolume folder of the host, neither of which these loops need.
          extraVolumes: [],
          extraVolumeMounts: [],
        },
        values,
      ],
    });
    this.resource = release;
  }
}

/** A node is not ready until there is a pod network, and this one must run even if the pod network waits for it. */
const NOT_READY_TOLERATION = { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoSchedule' };

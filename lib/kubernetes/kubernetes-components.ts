import { ComponentArg } from './node-options';

/**
 * Settings of the programs of the control plane, in kubeadm's terms. They are part of the cluster's one configuration: a running cluster takes a change
 * when `configurationRevision` is raised and the slots are rolled.
 */
export interface KubernetesComponents {
  /**
   * Registry of kubeadm's images: `registry.example.com/kubernetes`. As kubeadm has it, CoreDNS is `…/coredns` there; with ImageRegistries it keeps its path.
   * @default - what ImageRegistries puts in the place of registry.k8s.io, else registry.k8s.io
   */
  readonly imageRepository?: string;
  /**
   * Arguments of kube-apiserver. One of the same name as the construct's own takes its place, but for `etcd-servers`, `advertise-address`, `secure-port` and
   * `anonymous-auth`, which are refused.
   * @default - the construct's own
   */
  readonly apiServerExtraArgs?: ComponentArg[];
  /**
   * Arguments of kube-controller-manager. `cloud-provider` is refused.
   * @default - the construct's own
   */
  readonly controllerManagerExtraArgs?: ComponentArg[];
  /**
   * Arguments of kube-scheduler.
   * @default - the construct's own
   */
  readonly schedulerExtraArgs?: ComponentArg[];
  /**
   * Feature gates of Kubernetes, for API server, controller manager, scheduler and kubelets. A gate that the version doesn't know ends these programs.
   * @default - none
   */
  readonly featureGates?: { readonly [name: string]: boolean };
}

import {
  NetworkPolicyV1,
  NetworkPolicyV1SpecEgress,
  NetworkPolicyV1SpecEgressPorts,
  NetworkPolicyV1SpecIngressFrom,
} from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { kubernetesName } from './kubernetes-name';
import { findNamespace } from './namespace';
import { NetworkPeer } from './network-peer';
import { checkPort } from './port-checks';
import { ServiceProtocol } from './service-port';
import { checkLabels } from './workload-checks';
import { IWorkload } from './workload-contract';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';
import { checkInside, parseCidr } from '../core/cidr-checks';
import { checkDnsLabel, checkDnsSubdomain } from '../core/naming';
import { widenProviderRanges } from '../core/provider-ranges';
import { check, checkListKnown, fail, isKnown } from '../core/validation';

/** A connection that is allowed. */
export interface NetworkRule {
  /** The other end. */
  readonly peer: NetworkPeer;
  /**
   * Ports at the end that is connected to, each 1 to 65535.
   * @default - the port of the workload that is connected to; all ports if it isn't known
   */
  readonly ports?: number[];
  /** @default ServiceProtocol.TCP */
  readonly protocol?: ServiceProtocol;
}

/** Properties of NetworkPolicy. */
export interface NetworkPolicyProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Whose connections are meant.
   * @default - the pods that `selector` names, else all pods of the namespace
   */
  readonly workload?: IWorkload;
  /**
   * Labels of the pods whose connections are meant.
   * @default - the workload's
   */
  readonly selector?: { readonly [label: string]: string };
  /**
   * Namespace.
   * @default - the workload's, else default
   */
  readonly namespace?: string;
  /**
   * Name of the policy.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Who may connect to the pods. An empty list lets nobody in.
   * @default - this policy says nothing of it: everybody, unless another policy does
   */
  readonly ingress?: NetworkRule[];
  /**
   * Where the pods may connect to. An empty list lets them connect to nobody but the name servers.
   * @default - this policy says nothing of it: everywhere, unless another policy does
   */
  readonly egress?: NetworkRule[];
  /**
   * Whether the pods may ask the cluster's name servers, where `egress` is given.
   * @default true
   */
  readonly allowDns?: boolean;
}

/** Properties of NetworkPolicy.denyAll. */
export interface DenyAllProps {
  /** The cluster. The stack's kubernetes provider must be logged in to it. */
  readonly cluster: IKubernetesCluster;
  /**
   * Namespace.
   * @default default
   */
  readonly namespace?: string;
  /**
   * Name of the policy.
   * @default - the construct's id in kebab case
   */
  readonly name?: string;
  /**
   * Whether the pods may ask the cluster's name servers nevertheless.
   * @default true
   */
  readonly allowDns?: boolean;
}

/**
 * Which connections pods may have. Policies add up: what one allows, no other takes back, and pods that no policy is about are open.
 *
 * `NetworkPolicy.denyAll` closes a namespace; policies of its workloads then open what they need. A connection between two closed pods needs both: an
 * egress rule at its beginning and an ingress rule at its end.
 * The cluster's pod network enforces them (Cilium and Calico do). Kubelets' health checks always come through.
 *
 * Creates a NetworkPolicy. Errors: neither ingress nor egress, both a workload and a selector, names, labels, ports and CIDRs that Kubernetes rejects.
 */
export class NetworkPolicy extends Construct {
  /** Closes a namespace: no pod of it is connected to or connects, but to the name servers, unless another policy allows it. */
  public static denyAll(scope: Construct, id: string, props: DenyAllProps): NetworkPolicy {
    return new NetworkPolicy(scope, id, { ...props, ingress: [], egress: [] });
  }

  /** Name of the policy. */
  public readonly policyName: string;
  /** Its namespace. */
  public readonly namespaceName: string;
  /** The L1 `kubernetes_network_policy_v1`. */
  public readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: NetworkPolicyProps) {
    super(scope, id);
    const { cluster, workload, ingress, egress } = props;
    this.policyName = props.name ?? kubernetesName(id);
    this.namespaceName = props.namespace ?? workload?.namespaceName ?? 'default';
    this.checkProps(props);
    widenProviderRanges(this);

    const selector = workload?.selectorLabels ?? props.selector;
    const namespace = findNamespace(this, this.namespaceName);
    this.resource = new NetworkPolicyV1(this, 'NetworkPolicy', {
      metadata: {
        name: this.policyName,
        namespace: this.namespaceName,
        labels: { 'app.kubernetes.io/name': this.policyName, 'app.kubernetes.io/managed-by': 'terraform' },
      },
      spec: {
        policyTypes: [...(ingress ? ['Ingress'] : []), ...(egress ? ['Egress'] : [])],
        podSelector: selector ? { matchLabels: { ...selector } } : {},
        ingress: ingress?.map((rule) => ({ from: peers(rule.peer), ports: ports(rule, workload?.port) })),
        egress: egress && [
          ...egress.map((rule) => ({ to: peers(rule.peer), ports: ports(rule, rule.peer.port) })),
          ...(props.allowDns === false ? [] : [DNS]),
        ],
      },
      dependsOn: namespace ? [namespace] : [],
    });
    inOrder(cluster, Tier.WORKLOAD, this.resource);
  }

  private checkProps(props: NetworkPolicyProps): void {
    const { workload, selector } = props;
    checkDnsSubdomain(this, 'name', this.policyName);
    checkDnsLabel(this, 'namespace', this.namespaceName);
    checkLabels(this, 'selector', selector);
    if (workload && selector) fail(this, { problem: 'there is both a workload and a selector', fix: 'give one of them' });
    check(this, props.namespace, (name) => workload === undefined || name === workload.namespaceName, {
      problem: `namespace must be the workload's, ${workload?.namespaceName}: a policy is about pods of its own namespace`,
      fix: 'leave it out',
    });
    if (props.ingress === undefined && props.egress === undefined) {
      fail(this, {
        problem: 'there is neither ingress nor egress, so that the policy says nothing',
        fix: 'give one of them; an empty list closes it',
      });
    }
    for (const rule of [...(props.ingress ?? []), ...(props.egress ?? [])]) this.checkRule(rule);
  }

  private checkRule({ peer, ports: numbers }: NetworkRule): void {
    for (const port of numbers ?? []) checkPort(this, 'port of a rule', port);
    check(this, numbers, (list) => list.length > 0, {
      problem: 'ports of a rule are empty, which Kubernetes takes for all ports',
      fix: 'name the ports, or leave them out',
    });
    checkLabels(this, 'labels of a peer', peer.labels);
    check(this, peer.labels, (labels) => Object.keys(labels).length > 0, {
      problem: 'labels of a peer are empty, and would mean every pod of the namespace',
      fix: 'name a label, or use NetworkPeer.namespace',
    });
    checkDnsLabel(this, 'namespace of a peer', peer.namespaceName);
    if (peer.block === undefined) return;
    parseCidr(this, 'NetworkPeer.cidr', peer.block);
    checkListKnown(this, 'except', peer.except);
    for (const except of peer.except ?? []) {
      parseCidr(this, 'except', except);
      if (isKnown(peer.block)) checkInside(this, 'except', except, peer.block);
    }
  }
}

/** The cluster's name servers, where kubeadm and every distribution put them. */
const DNS: NetworkPolicyV1SpecEgress = {
  to: peers(NetworkPeer.pods({ 'k8s-app': 'kube-dns' }, 'kube-system')),
  ports: [
    { port: '53', protocol: 'UDP' },
    { port: '53', protocol: 'TCP' },
  ],
};

function peers({ kind, namespaceName, labels, block, except }: NetworkPeer): NetworkPolicyV1SpecIngressFrom[] | undefined {
  if (kind === 'anywhere') return undefined;
  if (kind === 'cidr') return [{ ipBlock: { cidr: block, except } }];
  return [
    {
      ...(namespaceName !== undefined && { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespaceName } } }),
      ...(labels && { podSelector: { matchLabels: { ...labels } } }),
    },
  ];
}

function ports(rule: NetworkRule, known: number | undefined): NetworkPolicyV1SpecEgressPorts[] | undefined {
  const numbers = rule.ports ?? (known === undefined ? undefined : [known]);
  return numbers?.map((port) => ({ port: String(port), protocol: rule.protocol ?? ServiceProtocol.TCP }));
}

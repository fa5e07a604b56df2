import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import { TerraformStack } from 'cdktf';
import { IConstruct } from 'constructs';
import { PodSecurityLevel } from './pod-options';
import { IKubernetesCluster } from '../contracts/kubernetes-cluster';
import { inOrder, Tier } from '../core/apply-order';

/**
 * The namespace of a name in the scope's stack. Made once, by whichever workload asks for it; the others find it and wait for it.
 * It lets in what its level allows and warns of what isn't "restricted".
 */
export function findNamespace(scope: IConstruct, name: string): NamespaceV1 | undefined {
  return TerraformStack.of(scope).node.tryFindChild(`Namespace-${name}`) as NamespaceV1 | undefined;
}

export function makeNamespace(scope: IConstruct, cluster: IKubernetesCluster, name: string, level: PodSecurityLevel): NamespaceV1 {
  const found = findNamespace(scope, name);
  if (found) return found;
  const namespace = new NamespaceV1(TerraformStack.of(scope), `Namespace-${name}`, {
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/managed-by': 'terraform',
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/warn': PodSecurityLevel.RESTRICTED,
      },
    },
    // Its pods need the service account "default", which the controller manager makes a moment later.
    waitForDefaultServiceAccount: true,
  });
  inOrder(cluster, Tier.WORKLOAD, namespace);
  return namespace;
}

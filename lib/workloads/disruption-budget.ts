import { PodDisruptionBudgetV1 } from '@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1';
import { TerraformResource } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { WorkloadNames } from './pod';
import { inOrder, Tier } from '../core/apply-order';

/**
 * At most one replica is away on purpose: a drain takes them one after the other, and is never blocked by healthy ones. For more than one replica
 * only: the budget of a single one could only block.
 */
export function makeBudget(scope: Construct, cluster: IConstruct, names: WorkloadNames, dependsOn: TerraformResource[]): void {
  const budget = new PodDisruptionBudgetV1(scope, 'DisruptionBudget', {
    metadata: { name: names.name, namespace: names.namespace, labels: { ...names.labels } },
    spec: { maxUnavailable: '1', selector: { matchLabels: { ...names.selectorLabels } } },
    dependsOn,
  });
  inOrder(cluster, Tier.WORKLOAD, budget);
}

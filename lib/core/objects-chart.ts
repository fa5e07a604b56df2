import { join } from 'node:path';
import { Construct } from 'constructs';
import { ChartValues, localChart } from './helm-release';
import { toJson } from './quoted-text';

/** An object of Kubernetes as its API has it. Tokens are allowed in texts and numbers. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: any };
  readonly [field: string]: any;
}

/**
 * A chart of our own, part of what is synthesised, that installs objects as a Helm release.
 *
 * For custom resources and their definitions: `kubernetes_manifest` needs the definition in the cluster when it is planned, so that both can't be in
 * one stack, and Helm never upgrades what a chart has in its folder `crds`. As templates of a chart they are upgraded as everything else is.
 */
export function objectsChart(scope: Construct, id: string): { readonly name: string; readonly version: string } {
  return { name: localChart(scope, id, join(__dirname, 'objects-chart')), version: '1.0.0' };
}

/** Its values. As texts: Helm makes floating-point numbers of all numbers in values, and writes 1000000 as 1e+06. */
export function objectsValues(objects: readonly KubernetesObject[]): ChartValues {
  return { objects: objects.map((object) => toJson(object)) };
}

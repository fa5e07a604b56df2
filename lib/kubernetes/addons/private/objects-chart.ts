import { join } from 'node:path';
import { Release } from '@cdktf/provider-helm/lib/release';
import { AssetType, ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { Addon } from './addon';
import { toJson } from '../../../core/quoted-text';

/** An object of Kubernetes as its API has it. Tokens are allowed in texts and numbers. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: any };
  readonly [field: string]: any;
}

/** Objects that are installed together. */
export interface ObjectsInstallation {
  readonly releaseName: string;
  readonly namespace: string;
  readonly createNamespace?: boolean;
  readonly objects: readonly KubernetesObject[];
  readonly dependsOn?: ITerraformDependable[];
  readonly timeoutSeconds?: number;
}

/**
 * Installs objects as a Helm release of their own, from a chart that is part of what is synthesised.
 *
 * For custom resources and their definitions: `kubernetes_manifest` needs the definition in the cluster when it is planned, so that both can't be in
 * one stack, and Helm never upgrades what a chart has in its folder `crds`. As templates of a chart they are upgraded as everything else is.
 */
export function installObjects(addon: Addon, scope: Construct, id: string, props: ObjectsInstallation): Release {
  const { objects, ...installation } = props;
  return addon.install(id, {
    ...installation,
    chart: { name: localChart(scope, `${id}Chart`, join(__dirname, 'objects-chart')), version: '1.0.0' },
    // As texts: Helm makes floating-point numbers of all numbers in values, and writes 1000000 as 1e+06.
    values: [{ objects: objects.map((object) => toJson(object)) }],
  });
}

/** A chart's folder among what is synthesised, by its address for Helm: relative to the stack, and another one when its content changes. */
export function localChart(scope: Construct, id: string, folder: string): string {
  return `./${new TerraformAsset(scope, id, { path: folder, type: AssetType.DIRECTORY }).path}`;
}

/** A definition that stays when its release goes: with it, everything of its kind would be deleted. */
export function keptDefinition(definition: KubernetesObject): KubernetesObject {
  const { metadata } = definition;
  return { ...definition, metadata: { ...metadata, annotations: { ...metadata.annotations, 'helm.sh/resource-policy': 'keep' } } };
}
